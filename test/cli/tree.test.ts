/** `brood tree`: the place of each process, and the drawing. */
import {PassThrough} from 'node:stream';
import {join} from 'node:path';
import fc from 'fast-check';
import {expect, onTestFinished, test} from 'vitest';
import {Output} from '../../src/cli/terminal/output.ts';
import {scopeOf, type Scope} from '../../src/cli/target/scope.ts';
import {printTable} from '../../src/cli/terminal/table.ts';
import {choose} from '../../src/cli/tree/choose.ts';
import {columns} from '../../src/cli/tree/columns.ts';
import {factsOf, type Facts} from '../../src/cli/tree/facts.ts';
import {treeJson} from '../../src/cli/tree/json.ts';
import {prefixes, strokesFor} from '../../src/cli/tree/lines.ts';
import {widthOf} from '../../src/text/width.ts';
import type {LineageEntry, LineageReport} from '../../src/control/reports.ts';
import {ProcSource} from '../../src/process/proc-source.ts';
import {Snapshot} from '../../src/process/snapshot.ts';
import {Terminals} from '../../src/process/terminals.ts';
import {Users} from '../../src/process/users.ts';
import {project} from '../end-to-end/harness.ts';
import {FakeProc, type Fake} from '../process/fake-proc.ts';

const [ANCHOR, KEEPER, CONTROLLER, WEB, LOST] = [10, 11, 12, 20, 30];

/** init, an anchor, its keeper with a controller and a worker, an orphan under the anchor, and a stranger. */
const MACHINE: readonly Fake[] = [
  {pid: 1, ppid: 0, start: 0},
  {pid: ANCHOR, ppid: 1},
  {pid: KEEPER, ppid: ANCHOR},
  {pid: CONTROLLER, ppid: KEEPER},
  {pid: 13, ppid: CONTROLLER, name: 'hook'},
  {pid: WEB, ppid: KEEPER},
  {pid: 21, ppid: WEB},
  {pid: 22, ppid: 21, name: 'new'},
  {pid: 5, ppid: ANCHOR, name: 'lost'},
  {pid: LOST, ppid: 5},
  {pid: 99, ppid: 1, name: 'stranger'},
];

const entry = (pid: number, parts: Partial<LineageEntry> = {}): LineageEntry => ({
  pid,
  startTime: '100',
  worker: 'web',
  instance: 1,
  main: false,
  orphan: false,
  ...parts,
});

const lineage: LineageReport = {
  fleet: 'shop',
  source: 'lineage',
  anchor: ANCHOR,
  keeper: KEEPER,
  controller: CONTROLLER,
  instances: [{worker: 'web', instance: 1}],
  processes: [
    entry(WEB, {main: true}),
    entry(21),
    entry(5, {orphan: true}),
    // An earlier process with the same pid.
    entry(99, {startTime: '4'}),
  ],
};

const scope = (words: string[], all = false, of: LineageReport | null = lineage): Scope =>
  scopeOf({positionals: words}, all, null, of);

/** Returns a form such as `11 12 20:web(21:web)`: pids, owners, and descendants in brackets. */
async function drawn(of: Scope, machine: readonly Fake[] = MACHINE): Promise<string> {
  const snapshot = new FakeProc(...machine).snapshot();
  await snapshot.refresh();
  const nodes = choose(snapshot, of).map(({row, depth, owner}) => ({
    depth,
    facts: {pid: snapshot.rows.pid[row], owner: owner === null ? '' : `:${owner.worker}${owner.orphan ? '!' : ''}`},
  }));
  interface Drawn {
    readonly pid: number;
    readonly owner: string;
    readonly children: readonly Drawn[];
  }
  const draw = ({pid, owner, children}: Drawn): string =>
    `${pid}${owner}${children.length > 0 ? `(${children.map(draw).join(' ')})` : ''}`;
  return (JSON.parse(treeJson(nodes)) as Drawn[]).map(draw).join(' ');
}

test('the keeper is the root of a fleet, and processes outside its tree follow', async () => {
  expect(await drawn(scope([]))).toBe('11(12(13) 20:web(21:web(22:web))) 5:web!(30:web)');
});

test('without a keeper all other processes of the fleet are still shown', async () => {
  const orphaned = MACHINE.filter(({pid}) => pid !== KEEPER).map(one => ({
    ...one,
    ppid: one.ppid === KEEPER ? ANCHOR : one.ppid!,
  }));
  expect(await drawn(scope([]), orphaned)).toBe('5:web!(30:web) 12(13) 20:web(21:web(22:web))');
});

test('a worker, an instance or a process is shown with all its descendants', async () => {
  expect(await drawn(scope(['web']))).toBe('5:web!(30:web) 20:web(21:web(22:web))');
  expect(await drawn(scope(['web/1']))).toBe('5:web!(30:web) 20:web(21:web(22:web))');
  expect(await drawn(scope(['21']))).toBe('21:web(22:web)');
  expect(await drawn(scope([String(ANCHOR)]))).toBe('10(5:web!(30:web) 11(12(13) 20:web(21:web(22:web))))');
});

test('the whole machine is shown, with a fleet and without', async () => {
  const fleet = '10(5:web!(30:web) 11(12(13) 20:web(21:web(22:web))))';
  expect(await drawn(scope([], true))).toBe(`1(${fleet} 99)`);
  expect(await drawn(scope([], true, null))).toBe('1(10(5(30) 11(12(13) 20(21(22)))) 99)');
  expect(await drawn(scope(['99'], true))).toBe('99');
});

test('lines join children to their parents', () => {
  const depths = [0, 1, 2, 2, 1, 2, 3, 0, 1];
  const unicode = strokesFor({LANG: 'de_DE.UTF-8'});
  expect(prefixes(depths, unicode)).toEqual(['', '├─ ', '│  ├─ ', '│  └─ ', '└─ ', '   └─ ', '      └─ ', '', '└─ ']);
  const ascii = strokesFor({LANG: 'de_DE.UTF-8', LC_ALL: 'C'});
  expect(prefixes([0, 1, 2, 1], ascii)).toEqual(['', '|- ', '|  `- ', '`- ']);
  expect(prefixes([0, 1, 2, 3, 4], unicode, 8)).toEqual(['', '└─ ', '   └─ ', '…   └─ ', '…   └─ ']);
});

test('lines reach every parent, for any tree', () => {
  const trees = fc.array(fc.nat(3), {minLength: 1, maxLength: 30}).map(steps => {
    let depth = -1;
    return steps.map(step => (depth = Math.max(0, depth + 1 - step)));
  });
  fc.assert(
    fc.property(trees, fc.integer({min: 7, max: 60}), (depths, most) => {
      const drawing = prefixes(depths, strokesFor({LANG: 'C.UTF-8'}));
      for (const [n, depth] of depths.entries()) {
        expect(widthOf(drawing[n]!)).toBe(depth * 3);
        if (depth === 0) continue;
        const before = depths.slice(0, n).findLastIndex(one => one <= depth);
        // Above each elbow the line continues up to the parent or the previous sibling.
        for (let above = n - 1; above > before; above--) expect(drawing[above]?.[(depth - 1) * 3]).toBe('│');
        if (depths[before] === depth) expect(drawing[before]?.[(depth - 1) * 3]).toBe('├');
      }
      for (const cut of prefixes(depths, strokesFor({}), most))
        expect(cut.length).toBeLessThanOrEqual(Math.max(most, 4));
    }),
  );
});

test('a tree as deep as the number of pids can be printed as JSON', () => {
  const depth = 40_000;
  const text = treeJson(Array.from({length: depth}, (_, n) => ({depth: n, facts: {pid: n}})));
  expect(text.startsWith('[{"pid":0,"children":[{"pid":1,"children":[')).toBe(true);
  expect(text.endsWith(']}'.repeat(depth) + ']')).toBe(true);
  expect(treeJson([])).toBe('[]');
});

const naming = {users: new Users('/nowhere'), terminals: new Terminals('/nowhere')};

async function factsOfRecording(name: string): Promise<Facts[]> {
  const snapshot = new Snapshot(new ProcSource({root: join(project, 'fixtures', 'proc', name)}));
  onTestFinished(() => snapshot.close());
  await snapshot.refresh();
  return choose(snapshot, scope([], true, null)).map(place => factsOf(snapshot, place, naming));
}

/** A process without further information. */
const BARE: Facts = {
  pid: 7,
  ppid: null,
  pgid: null,
  sid: null,
  state: null,
  stat: null,
  nice: null,
  priority: null,
  policy: null,
  threads: null,
  cpuPercent: null,
  rssBytes: null,
  startedAt: null,
  user: null,
  terminal: null,
  cgroup: null,
  name: 'x',
  command: null,
  kernelThread: false,
  worker: null,
  instance: null,
  role: null,
  orphan: false,
  exit: null,
};

function printed(facts: readonly Facts[], width: number | null): string {
  const stream = Object.assign(new PassThrough(), {isTTY: width !== null, columns: width ?? 0});
  const out = new Output(stream as unknown as NodeJS.WriteStream, {NO_COLOR: '1'}, false);
  const lines = facts.map(one => ({facts: one, prefix: '', pssDenied: false}));
  printTable(out, columns({withPss: true, withUser: true, withOwner: true, isBrief: width !== null}), lines);
  out.flush();
  return String(stream.read());
}

test.each(['names', 'ordinary', 'zombies', 'namespace', 'hidden', 'seven-digits'])(
  'the table of %s contains only text, in 80 columns or fewer',
  async name => {
    const facts = await factsOfRecording(name);
    for (const width of [80, 60, 40]) {
      const text = printed(facts, width);
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
      expect(text.trimEnd().split('\n')).toHaveLength(facts.length + 1);
      for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
    }
    expect(printed(facts, null)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    const json = treeJson(facts.map(one => ({depth: 0, facts: one})));
    expect(json).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    expect((JSON.parse(json) as Facts[]).map(one => one.name)).toEqual(facts.map(one => one.name));
  },
);

test('an unknown value is a dash', () => {
  expect(printed([BARE], 80)).toMatch(/\n +7 +- +- +- +- +- +- +- +\[x\]\n/);
});

test('the output in a pipe is not shortened', async () => {
  const text = printed(await factsOfRecording('ordinary'), null);
  expect(text).toContain('threading.Thread(target=time.sleep,args=(1000,)).start()');
});

test('a terminal shows a program without its folder', () => {
  const base = {...BARE, command: '/usr/lib/x/bin/node /srv/app.js'};
  expect(printed([base], 100)).toMatch(/ node \/srv\/app.js\n/);
  expect(printed([base], null)).toMatch(/ \/usr\/lib\/x\/bin\/node \/srv\/app.js\n/);
  expect(printed([{...BARE, command: '/ and more'}], 100)).toMatch(/ \/ and more\n/);
});

test('a zombie is shown with its exit status, a kernel thread by its name in brackets', async () => {
  expect(printed(await factsOfRecording('zombies'), 100)).toMatch(/\[python3\] <defunct>, died of SIGKILL/);
  expect(printed(await factsOfRecording('ordinary'), 80)).toMatch(/\[kthreadd\]/);
});

test("each JSON field is the kernel's value, or null if the kernel has none", async () => {
  const facts = await factsOfRecording('ordinary');
  const polite = facts.find(({nice}) => nice === 5);
  expect(polite).toMatchObject({
    state: 'S',
    stat: 'SNs',
    priority: 25,
    policy: 'other',
    threads: 1,
    cpuPercent: null,
    name: 'sleep',
    command: 'sleep 1000',
    user: '0',
    terminal: null,
    cgroup: '/',
    kernelThread: false,
    worker: null,
    instance: null,
    role: null,
    orphan: false,
    exit: null,
  });
  expect(polite?.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(facts.find(({name}) => name === 'kthreadd')).toMatchObject({command: null, kernelThread: true});
  expect(facts.find(({terminal}) => terminal !== null)).toMatchObject({stat: 'Ss+', terminal: 'pts/0'});
  expect(facts.find(({user}) => user === '64321')).toMatchObject({name: 'sleep'});
  const zombies = await factsOfRecording('zombies');
  expect(zombies.map(({exit}) => exit?.code ?? exit?.signal)).toEqual(expect.arrayContaining([3, 'SIGKILL']));
});
