/** The arrows of design.md section 3: what may import what. Each rule says why. */
const folder = name => `^src/${name}/`;
const only = (from, allowed, comment, extra = {}) => ({
  name: `${from}-imports`,
  severity: 'error',
  comment,
  from: {path: folder(from)},
  to: {
    path: '^(src|ui)/',
    pathNot: [...[from, ...allowed].map(folder), ...(from === 'cli' ? ['^ui/index'] : [])].join('|'),
    ...extra,
  },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'A cycle has no bottom to understand it from.',
      from: {},
      to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only']}},
    },
    {
      name: 'ffi-in-posix-alone',
      severity: 'error',
      comment: 'What can crash the process lies in one folder.',
      from: {path: '^(src|ui)/', pathNot: folder('posix')},
      to: {path: 'koffi'},
    },
    {
      name: 'entries-are-executed',
      severity: 'error',
      comment: 'Keeper and controller are started by executing them.',
      from: {path: '^src/(cli|control|worker|lessons|fleet|logs)/|^ui/'},
      to: {path: '^src/(keeper|controller)/'},
    },
    only('posix', [], 'libc and nothing else.'),
    only('home', [], "What client, keeper and controller must agree on about a fleet's folder."),
    only('logs', [], 'How output lies on disk; keeper, controller, cli and ui agree on it.'),
    only('process', ['posix'], 'posix <- process <- ipc'),
    only('ipc', ['posix', 'process'], 'posix <- process <- ipc'),
    only('fleet', [], 'The fleet file is read without anything that runs.'),
    only('supervisor', [], 'The heart is pure: of others it knows types only.', {dependencyTypesNot: ['type-only']}),
    {
      name: 'heart-without-io',
      severity: 'error',
      comment: 'No I/O, no clock in the pure core.',
      from: {path: folder('supervisor')},
      to: {dependencyTypes: ['core', 'npm']},
    },
    {
      name: 'heart-types',
      severity: 'error',
      comment: 'Of others, the heart knows the types of the fleet only.',
      from: {path: folder('supervisor')},
      to: {path: '^src/', pathNot: '^src/(supervisor|fleet/types)'},
    },
    only(
      'keeper',
      ['posix', 'process', 'logs', 'home'],
      'The keeper is small: libc, a look at /proc, where logs lie, what the folder must be.',
    ),
    {
      name: 'keeper-packages',
      severity: 'error',
      comment: 'The keeper imports only Node and koffi.',
      from: {path: folder('keeper')},
      to: {dependencyTypes: ['npm']},
    },
    only('control', ['supervisor', 'fleet', 'logs', 'home'], 'The protocol between controller and clients.'),
    only(
      'controller',
      ['supervisor', 'process', 'posix', 'ipc', 'fleet', 'channels', 'control', 'keeper', 'logs', 'home'],
      'The controller ties it all together.',
    ),
    {
      name: 'controller-and-keeper',
      severity: 'error',
      comment:
        'They share messages, how lines are cut, how silence and rates are measured, no code that does anything.',
      from: {path: folder('controller')},
      to: {path: folder('keeper'), pathNot: '^src/keeper/(messages|lines|silence|rate)'},
    },
    only(
      'worker',
      ['posix', 'channels', 'control', 'fleet', 'supervisor', 'logs', 'home'],
      'What worker programs import.',
    ),
    only(
      'cli',
      ['control', 'fleet', 'channels', 'lessons', 'process', 'ipc', 'logs', 'supervisor', 'posix', 'words', 'home'],
      'The client.',
    ),
    only('words', ['control', 'ipc', 'supervisor'], 'How things are said to people: of others it knows their types.', {
      dependencyTypesNot: ['type-only'],
    }),
    {
      name: 'ui-by-its-entry',
      severity: 'error',
      comment: '`brood top` loads the UI, which lies in a file of its own; nothing else of it is known there.',
      from: {path: '^src/'},
      to: {path: '^ui/', pathNot: '^ui/index'},
    },
    only('lessons', ['worker', 'control', 'process', 'ipc'], 'Lessons use what users can use.'),
    {
      name: 'ui-imports',
      severity: 'error',
      comment: 'The UI consumes control, process, ipc, and the words for what they tell.',
      from: {path: '^ui/'},
      to: {path: '^src/', pathNot: '^src/(control|process|ipc|logs|supervisor|words)/'},
    },
  ],
  options: {doNotFollow: {path: 'node_modules'}, tsPreCompilationDeps: true, tsConfig: {fileName: 'tsconfig.json'}},
};
