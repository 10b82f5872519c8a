/** The key table: keys, actions, and where they apply. Help, palette and footer are built from it. */

/** The views, in the order of their numbers, with descriptions. A view without a class in views.ts does not compile. */
const VIEWS = {
  fleet: 'fleet: the workers',
  tree: 'tree: the processes',
  ipc: 'IPC: channels between processes',
  events: 'events: the journal',
  logs: 'logs: the output of workers',
} as const;

export type ViewName = keyof typeof VIEWS;
const isViewName = (name: string): name is ViewName => Object.hasOwn(VIEWS, name);
export const VIEW_NAMES: readonly ViewName[] = Object.keys(VIEWS).filter(isViewName);

export type Action =
  | 'help'
  | 'quit'
  | 'close'
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'left'
  | 'right'
  | `view ${ViewName}`
  | 'nextView'
  | 'previousView'
  | 'details'
  | 'treeOrList'
  | 'fold'
  | 'unfold'
  | 'foldAll'
  | 'search'
  | 'searchNext'
  | 'searchBack'
  | 'filter'
  | 'sort'
  | 'invert'
  | 'tag'
  | 'tagChildren'
  | 'untag'
  | 'signal'
  | 'restart'
  | 'stop'
  | 'pause'
  | 'alarm'
  | 'scale'
  | 'nicer'
  | 'lessNice'
  | 'logs'
  | 'ipc'
  | 'events'
  | 'all'
  | 'freeze'
  | 'mouse'
  | 'save'
  | 'palette'
  | 'follow'
  | 'wrap'
  | 'times'
  | 'zombies'
  | 'orphans';

/** Where a key applies: everywhere, in everything that scrolls, in lists of rows, on the listed items. */
export type Place = 'everywhere' | 'list' | 'rows' | 'processes' | 'workers' | 'logs' | 'graph';

export interface Binding {
  readonly keys: readonly string[];
  readonly action: Action;
  /** Description of the action. */
  readonly words: string;
  readonly place: Place;
  /** One word for the footer; absent: not shown there. */
  readonly footer?: string;
  /** Whether the action changes processes; unavailable with `--read-only`. */
  readonly acts?: true;
}

export const BINDINGS: readonly Binding[] = [
  {keys: ['?', 'f1'], action: 'help', words: 'this help', place: 'everywhere', footer: 'Help'},
  {keys: ['q', 'f10', 'C-c'], action: 'quit', words: 'quit', place: 'everywhere', footer: 'Quit'},
  {keys: ['escape'], action: 'close', words: 'close a window, clear a search or filter', place: 'everywhere'},
  {keys: ['up'], action: 'up', words: 'up', place: 'list'},
  {keys: ['down'], action: 'down', words: 'down', place: 'list'},
  {keys: ['pageup', 'C-b'], action: 'pageUp', words: 'page up', place: 'list'},
  {keys: ['pagedown', 'C-f'], action: 'pageDown', words: 'page down', place: 'list'},
  {keys: ['home', 'g'], action: 'home', words: 'first line', place: 'list'},
  {keys: ['end', 'G'], action: 'end', words: 'last line', place: 'list'},
  {keys: ['left'], action: 'left', words: 'scroll left', place: 'list'},
  {keys: ['right'], action: 'right', words: 'scroll right', place: 'list'},
  ...VIEW_NAMES.map((name, at): Binding => ({
    keys: [String(at + 1)],
    action: `view ${name}`,
    words: VIEWS[name],
    place: 'everywhere',
  })),
  {keys: ['tab'], action: 'nextView', words: 'next view', place: 'everywhere', footer: 'View'},
  {keys: ['S-tab'], action: 'previousView', words: 'previous view', place: 'everywhere'},
  {keys: ['enter'], action: 'details', words: 'details of the selection', place: 'rows', footer: 'Details'},
  {keys: ['t', 'f5'], action: 'treeOrList', words: 'switch between tree and list', place: 'processes', footer: 'Tree'},
  {keys: ['-'], action: 'fold', words: 'fold', place: 'processes'},
  {keys: ['+', '='], action: 'unfold', words: 'unfold', place: 'processes'},
  {keys: ['*'], action: 'foldAll', words: 'fold or unfold all', place: 'processes'},
  {keys: ['/', 'f3'], action: 'search', words: 'search', place: 'list', footer: 'Search'},
  {keys: ['n'], action: 'searchNext', words: 'next match', place: 'list'},
  {keys: ['N'], action: 'searchBack', words: 'previous match', place: 'list'},
  {
    keys: ['\\', 'f4'],
    action: 'filter',
    words: 'filter: text, /regex/, state=Z, cpu>50, user=www',
    place: 'rows',
    footer: 'Filter',
  },
  {keys: ['>', 'f6', '.'], action: 'sort', words: 'sort by the next column', place: 'rows', footer: 'Sort'},
  {keys: ['I'], action: 'invert', words: 'reverse the order', place: 'rows'},
  {keys: ['space'], action: 'tag', words: 'tag for actions on several rows', place: 'workers'},
  {keys: ['c'], action: 'tagChildren', words: 'tag it and its descendants', place: 'processes'},
  {keys: ['U'], action: 'untag', words: 'untag all', place: 'workers'},
  {keys: ['k', 'f9'], action: 'signal', words: 'send a signal', place: 'workers', footer: 'Signal', acts: true},
  {keys: ['r'], action: 'restart', words: 'restart the worker', place: 'workers', footer: 'Restart', acts: true},
  {keys: ['s'], action: 'stop', words: 'stop or start the worker', place: 'workers', footer: 'Stop', acts: true},
  {
    keys: ['p'],
    action: 'pause',
    words: 'pause or resume the worker',
    place: 'workers',
    footer: 'Pause',
    acts: true,
  },
  {keys: ['a'], action: 'alarm', words: 'schedule SIGALRM', place: 'workers', acts: true},
  {keys: ['S'], action: 'scale', words: 'set the number of instances', place: 'workers', acts: true},
  {
    keys: ['f7', ']'],
    action: 'nicer',
    words: 'lower the nice value by one: more CPU time',
    place: 'workers',
    acts: true,
  },
  {
    keys: ['f8', '['],
    action: 'lessNice',
    words: 'raise the nice value by one: less CPU time',
    place: 'workers',
    acts: true,
  },
  {keys: ['l'], action: 'logs', words: 'logs of the selection', place: 'workers', footer: 'Logs'},
  {keys: ['i'], action: 'ipc', words: 'IPC of the selection', place: 'workers', footer: 'IPC'},
  {keys: ['e'], action: 'events', words: 'events of the selection', place: 'workers'},
  {keys: ['A'], action: 'all', words: 'switch between fleet and machine', place: 'everywhere', footer: 'All'},
  {keys: ['Z'], action: 'zombies', words: 'next zombie', place: 'everywhere'},
  {keys: ['O'], action: 'orphans', words: 'next orphan', place: 'everywhere'},
  {keys: ['t', 'f5'], action: 'treeOrList', words: 'switch between graph and list', place: 'graph', footer: 'Graph'},
  {keys: ['W'], action: 'wrap', words: 'include channels of a single process', place: 'graph'},
  {keys: ['f'], action: 'follow', words: 'follow new output', place: 'logs', footer: 'Follow'},
  {keys: ['w'], action: 'save', words: 'save a snapshot of the screen to a file', place: 'everywhere'},
  {keys: ['W'], action: 'wrap', words: 'wrap long lines', place: 'logs', footer: 'Wrap'},
  {keys: ['T'], action: 'times', words: 'show times', place: 'logs'},
  {keys: ['z'], action: 'freeze', words: 'freeze the display', place: 'everywhere'},
  {keys: ['m'], action: 'mouse', words: 'mouse on or off (off: the terminal selects and copies)', place: 'everywhere'},
  {keys: [':'], action: 'palette', words: 'all actions by name', place: 'everywhere'},
];

const BY_KEY = new Map<string, Binding[]>();
for (const binding of BINDINGS) {
  for (const key of binding.keys) BY_KEY.set(key, [...(BY_KEY.get(key) ?? []), binding]);
}

/** Returns all bindings of a key; which one applies depends on the view. */
export const bindingsOf = (key: string): readonly Binding[] => BY_KEY.get(key) ?? [];

/** Returns the usual name of a key: `PgDn`, `F5`, `Ctrl-C`. */
export function keyWords(key: string): string {
  const NAMES: Readonly<Record<string, string>> = {
    escape: 'Esc',
    enter: 'Enter',
    space: 'Space',
    tab: 'Tab',
    'S-tab': 'Shift-Tab',
    pageup: 'PgUp',
    pagedown: 'PgDn',
    home: 'Home',
    end: 'End',
    up: 'Up',
    down: 'Down',
    left: 'Left',
    right: 'Right',
  };
  const known = NAMES[key];
  if (known !== undefined) return known;
  if (/^f\d+$/.test(key)) return key.toUpperCase();
  return key.startsWith('C-') ? `Ctrl-${key.slice(2).toUpperCase()}` : key;
}
