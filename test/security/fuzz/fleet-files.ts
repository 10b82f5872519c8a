/** What the authors of fleet files write, and what stands in files beside them. */
import {parseAddress} from '../../../src/fleet/values/address.ts';
import {nextTime} from '../../../src/fleet/values/cron-time.ts';
import {exactDuration} from '../../../src/base/format.ts';
import {
  sizeInFile,
  parseCron,
  parseDuration,
  parseEnvFile,
  parseFleetText,
  parseSize,
  quoteWords,
  splitWords,
} from '../../../src/fleet/index.ts';
import {insignificant} from '../../../src/controller/watching/insignificant.ts';
import {EXAMPLE} from '../../fleet/example.ts';
import {commandLine} from '../../../src/text/command.ts';
import {fleetProducts} from './fleet-products.ts';
import {must, utf8, type Target} from './target.ts';

const options = {file: 'f', dir: '/srv', root: true, cpus: 2};

const yaml: Target = {
  name: 'src/fleet (YAML)',
  samples: [
    EXAMPLE,
    'fleet: shop\nworkers:\n  web: {run: node server.js, instances: 2, ready: {tcp: 3000}}\n',
    'workers:\n  a: &a\n    run: [sleep, "1"]\n  b:\n    <<: *a\n    after: [a]\n',
    JSON.stringify({fleet: 't', workers: {w: {sh: 'echo a', env: {A: 'b'}, stop: {timeout: '1s'}}}}),
  ],
  pieces: [
    'workers:',
    '\n',
    '\n  ',
    'w: ',
    'run: ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '&a ',
    '*a',
    '<<: ',
    '|',
    '>',
    '? ',
    '!!str ',
    '#',
    '---\n',
    '"',
    '${a}',
  ],
  frames: [['workers: {w: {run: "', '"}}']],
  products: fleetProducts,
  async take(input) {
    const {fleet, problems} = await parseFleetText(utf8(input), options);
    must((fleet === null) === problems.some(({severity}) => severity === 'error'), 'it is a fleet or errors');
    for (const {line, column, message} of problems) {
      must(line >= 1 && column >= 1, 'a problem has a place');
      must(message.length <= 600, 'a problem is short');
    }
    // As `up` hands it on, and as `check` shows it.
    must(JSON.stringify(fleet).length < 2 ** 26, 'it fits into what it is sent by');
    for (const {argv} of fleet?.workers ?? []) must(commandLine(argv).length < 5_000, 'a command is shown short');
  },
};

const procfile: Target = {
  name: 'src/fleet/procfile.ts',
  samples: ['web: node server.js\nworker: sh -c "a b"\n\n# no\nclock: true\n', 'a_b: x\na-b: y\n', ' x : y \r\n'],
  pieces: ['web', ':', ' ', 'a: ', '\n', '#', 'x ', '\t'],
  frames: [
    ['a: x', 'y'],
    ['a', ': x'],
    ['a: ', 'x'],
  ],
  async take(input) {
    const {fleet, problems} = await parseFleetText(utf8(input), {...options, format: 'procfile'});
    must((fleet === null) === problems.some(({severity}) => severity === 'error'), 'it is a fleet or errors');
  },
};

const envFile: Target = {
  name: 'src/fleet/env-file.ts',
  samples: ['A=b\nexport C="d\\n\\"e"\n# no\nF=\'g\nh\' # i\n', 'A = b # c\nB="x', '\ufeffA=\u00e9\r\nA.B-C=1\n'],
  pieces: ['A=', 'export ', '"', "'", '\\', '\\"', '\n', '#', ' ', ' #', 'A="', "A='", 'A="\\"\n', "B='x\n"],
  frames: [
    ['A="', '"'],
    ["A='", "'"],
    ['A=', ''],
  ],
  take(input) {
    const {env, problems} = parseEnvFile(utf8(input));
    for (const value of Object.values(env)) must(!value.includes('\0'), 'no value has a NUL');
    for (const {line, column} of problems) must(line >= 1 && column >= 1, 'a problem has a place');
  },
};

const words: Target = {
  name: 'src/fleet/values/shell-words.ts',
  samples: ['node server.js --port 3000', `sh -c 'a "b"' "c d" e\\ f`, 'a\\\nb', 'x *.js ~ $HOME', 'a\n'],
  pieces: ['a', ' ', "'", '"', '\\', '$', '${', '*', '\n', '&&', '`', '#', '\\\n', '$a'],
  frames: [
    ['a', ''],
    ['"', '"'],
    ['a "', '"'],
    ['a', 'b'],
  ],
  take(input) {
    const split = splitWords(utf8(input));
    if ('problem' in split) return;
    const again = splitWords(quoteWords(split.words));
    // Of nothing a shell would make nothing.
    if (split.words.every(word => word !== '')) {
      must(
        'words' in again && JSON.stringify(again.words) === JSON.stringify(split.words),
        'quoted, they are the same',
      );
    }
  },
};

const cron: Target = {
  name: 'src/fleet/values/cron.ts',
  samples: ['*/5 * * * *', '0 3 1-15/2 jan,jul mon-fri', '59 23 31 12 7', '@daily', '0 0 29 2 sat-sun'],
  pieces: ['*', '/', '-', ',', ' ', '0', '59', 'mon', 'jan', '1-', '*/', '1,'],
  frames: [
    ['', ' * * * *'],
    ['0 0 1 1 ', ''],
  ],
  take(input) {
    const read = parseCron(utf8(input));
    if ('problem' in read) return;
    const {minutes, hours, daysOfMonth, months, daysOfWeek} = read.cron;
    const isWithin = (values: readonly number[], low: number, high: number): boolean =>
      values.length > 0 && values.every(value => Number.isInteger(value) && value >= low && value <= high);
    must(isWithin(minutes, 0, 59) && isWithin(hours, 0, 23) && isWithin(months, 1, 12), 'times are times');
    must(isWithin(daysOfMonth, 1, 31) && isWithin(daysOfWeek, 0, 6), 'days are days');
    if (input.length < 40) must(nextTime(read.cron, 1.7e12) !== null, 'it is due some day');
  },
};

const quantities: Target = {
  name: 'src/fleet/{duration,size,address}.ts',
  samples: ['500ms', '1.5s', '7d', '4KiB', '1.5GiB', '127.0.0.1:80', '[::1]:443', 'db.example.org:5432', '5432'],
  pieces: ['1', '0', '.', 's', 'ms', 'KiB', ':', '[', ']', 'a', 'a.', '-', '::'],
  frames: [
    ['[', ']:1'],
    ['', ':1'],
    ['a', ':80'],
    ['1.', 's'],
  ],
  take(input) {
    const text = utf8(input);
    const duration = parseDuration(text);
    if ('ms' in duration)
      must(JSON.stringify(parseDuration(exactDuration(duration.ms))) === JSON.stringify(duration), text);
    const size = parseSize(text);
    if ('bytes' in size) must(JSON.stringify(parseSize(sizeInFile(size.bytes))) === JSON.stringify(size), text);
    const address = parseAddress(text);
    if ('address' in address) must(address.address.port >= 1 && address.address.port <= 65535, 'a port is one');
  },
};

const patterns: Target = {
  name: 'src/controller/watching/insignificant.ts',
  samples: ['node_modules', '*.log', 'src/**/x?.ts', 'build/', './a/b/'],
  pieces: ['*', '**', '/', '?', 'a', '.', '[', '\\', '//', '*a'],
  frames: [
    ['/', 'x'],
    ['a', 'b'],
  ],
  take(input) {
    const isIgnored = insignificant('/srv/app', {patterns: [utf8(input)], dir: '/srv', home: '/srv/home'});
    isIgnored('/srv/app/src/some/longer/path/of/a/file.ts');
  },
};

export const fleetTargets: readonly Target[] = [yaml, procfile, envFile, words, cron, quantities, patterns];
