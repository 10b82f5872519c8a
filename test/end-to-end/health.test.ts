/** Health checks of every kind against real servers and programs, and the consequences of failed checks. */
import {chmodSync, rmSync} from 'node:fs';
import {expect, test} from 'vitest';
import type {InstanceDetail} from '../../src/control/reports.ts';
import {TestFleet, until} from './harness.ts';
import {freePort} from './ports.ts';
import {commandLine} from './processes.ts';
import {isRoot, using} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
/** Checks that must fail do so soon; checks that must succeed may take as long as a busy machine needs. */
const soon = {every: '50ms', timeout: '300ms', failures: 2};
const patient = {every: '200ms', timeout: '30s', failures: 1};

const SERVER = `
import {appendFileSync} from 'node:fs';
import {createServer} from 'node:http';
createServer((request, response) => {
  const {url, socket} = request;
  appendFileSync('asked', url + '\\n');
  if (url === '/ok') response.end('fine');
  else if (url === '/moved') response.writeHead(302, {location: '/target'}).end();
  else if (url === '/bad') response.writeHead(503).end('busy');
  else if (url === '/slow') setInterval(() => response.write('.'), 20);
  else if (url === '/endless') { const more = () => response.write(Buffer.alloc(65536), error => error || more()); more(); }
  else if (url === '/reset') socket.destroy();
  else if (url === '/nonsense') socket.end('hello\\r\\n\\r\\n');
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const detail = (fleet: TestFleet, id: string): InstanceDetail =>
  (fleet.json('status', id) as {instances: InstanceDetail[]}).instances[0]!;

const checksOf = (fleet: TestFleet, id: string): number => detail(fleet, id).health?.checks ?? 0;

const checked = (health: object): object => ({...sleeper, after: ['server'], restart: 'never', health});
const ill = (health: object): object => checked({...soon, ...health});
const well = (health: object): object => checked({...patient, ...health});

const checkedWorkers = (port: number, closed: number): object => {
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
  return {
    // Readiness uses the same mechanism; before the server listens, nothing answers.
    server: {sh: 'sleep 0.3; exec node server.mjs', env: {PORT: String(port)}, ready: {http: url('/ok')}},
    ok: well({http: url('/ok')}),
    moved: well({http: url('/moved')}),
    endless: well({http: url('/endless')}),
    open: well({tcp: port}),
    yes: well({exec: ['test', '-e', 'server.mjs']}),
    bad: ill({http: url('/bad')}),
    hang: ill({http: url('/hang')}),
    slow: ill({http: url('/slow')}),
    reset: ill({http: url('/reset'), timeout: '30s'}),
    nonsense: ill({http: url('/nonsense'), timeout: '30s'}),
    refused: ill({http: `http://127.0.0.1:${closed}/`, timeout: '30s'}),
    closed: ill({tcp: closed, timeout: '30s'}),
    no: ill({exec: ['sh', '-c', 'echo first >&2; echo it is broken >&2; exit 3'], timeout: '30s'}),
    killed: ill({exec: ['sh', '-c', 'kill -9 $$'], timeout: '30s'}),
    missing: ill({exec: ['no-such-program-anywhere']}),
    stuck: ill({exec: ['sh', '-c', 'sleep 998 & exec sleep 999']}),
  };
};

const PROBLEMS: readonly (readonly [string, string | RegExp])[] = [
  ['bad', 'status 503 Service Unavailable'],
  ['hang', 'timed out after 300ms'],
  ['slow', 'timed out after 300ms'],
  ['reset', 'the connection was closed before the response'],
  ['nonsense', /invalid HTTP response/],
  ['refused', 'connection refused'],
  ['closed', 'connection refused'],
  ['no', 'exit code 3: it is broken'],
  ['killed', 'killed by SIGKILL'],
  ['missing', /not found in PATH/],
  ['stuck', 'timed out after 300ms'],
];

test('http, tcp and exec checks leave a healthy worker alone, and fail an unhealthy one with a description of the problem', async () => {
  const workers = checkedWorkers(await freePort(), await freePort());
  await using(new TestFleet({fleet: 't', workers}, {'server.mjs': SERVER}), async fleet => {
    fleet.up();
    for (const [name, message] of PROBLEMS) {
      const {reason, exit, flags} = await fleet.status(name, 'failed', 30_000);
      expect(reason, name).toMatch(message);
      expect(reason).toMatch(/^2 health checks failed; last: /);
      expect(exit).toMatchObject({reason: 'unhealthy', signal: 'SIGTERM'});
      expect(flags).toEqual([]);
    }
    for (const name of ['ok', 'moved', 'endless', 'open', 'yes']) {
      await until(`${name} to be asked a few times`, () => checksOf(fleet, name) >= 3);
      expect(fleet.worker(name)).toMatchObject({status: 'ready', restarts: 0});
      expect(detail(fleet, name).health).toMatchObject({failures: 0, limit: 1, last: null});
    }
    expect(fleet.read('asked')).not.toMatch(/target/);
    await until('what was killed to be gone with its group', () =>
      fleet.tagged().every(({pid}) => !/sleep 99[89]/.test(commandLine(pid).join(' '))),
    );
    const {failures, message, pid} = fleet.events('health-failed').find(({worker}) => worker === 'no')!;
    expect({failures, message}).toEqual({failures: 2, message: 'exit code 3: it is broken'});
    expect(pid).toBeGreaterThan(0);
  });
});

test('an unhealthy worker is restarted, is flagged until it has ended, and status and why explain that', async () => {
  const exec = {exec: ['test', '-e', 'well'], every: '50ms', timeout: '30s', failures: 2};
  const workers = {
    h: {sh: 'touch well; exec sleep 1000', ready: {exec: exec.exec}, health: exec},
    deaf: {
      sh: 'trap "" TERM; touch deaf; while :; do sleep 0.05; done',
      ready: {exec: ['test', '-e', 'deaf']},
      health: {...exec, exec: ['test', '-e', 'deaf']},
      stop: {timeout: '10m'},
    },
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    await until('both to be asked', () => checksOf(fleet, 'h') > 0 && checksOf(fleet, 'deaf') > 0);
    const [h, deaf] = await fleet.ready('h', 'deaf');
    for (const name of ['well', 'deaf']) rmSync(fleet.path(name));
    await fleet.successor('h', h!.pid!);
    await until('the other one to be flagged', () => fleet.worker('deaf').flags.includes('unhealthy'));
    expect(fleet.worker('deaf')).toMatchObject({status: 'stopping', pid: deaf!.pid});
    expect(fleet.run('ps').out).toMatch(/deaf\/1 +stopping unhealthy/);
    expect(fleet.worker('h').restarts).toBeGreaterThanOrEqual(1);
    expect(fleet.worker('h').exit).toMatchObject({reason: 'unhealthy'});
    const {recent, last} = detail(fleet, 'h').health!;
    expect(recent.length).toBeGreaterThanOrEqual(2);
    expect(last).toMatchObject({message: 'exit code 1'});
    expect(fleet.run('status', 'h').out).toMatch(/health +.*exit code 1/);
    const story = fleet.run('why', 'h').out;
    expect(story).toMatch(/its health checks failed/);
    expect(story).toMatch(/2 health checks in a row had failed by .*exit code 1/);
  });
});

test('a paused worker is not checked; the next controller goes on with the checks; a changed check needs no new run', async () => {
  const probe = (name: string): object => ({
    exec: ['sh', '-c', `echo >> asked-${name}; test -e well-${name}`],
    every: '50ms',
    timeout: '30s',
    failures: 1,
  });
  const worker = (name: string): object => ({
    sh: `touch well-${name}; exec sleep 1000`,
    ready: {exec: ['test', '-e', `well-${name}`]},
    health: probe(name),
  });
  const fleetOf = (a: object): object => ({fleet: 't', workers: {a, b: worker('b')}});
  await using(new TestFleet(fleetOf(worker('a'))), async fleet => {
    const asked = (name: string): number => fleet.read(`asked-${name}`).length;
    const later = async (name: string): Promise<void> => {
      const before = asked(name);
      await until(`${name} to be asked five times more`, () => asked(name) >= before + 5);
    };
    fleet.up('--wait');
    const [a] = await fleet.ready('a', 'b');
    await later('a');
    expect(fleet.run('pause', 'a').code).toBe(0);
    rmSync(fleet.path('well-a'));
    // A check that was under way may have been counted; no new one begins.
    await later('b');
    const before = asked('a');
    await later('b');
    expect(asked('a')).toBe(before);
    expect(fleet.worker('a')).toMatchObject({status: 'ready', pid: a!.pid, flags: ['paused']});
    fleet.write('', 'well-a');
    expect(fleet.run('resume', 'a').code).toBe(0);
    await later('a');

    process.kill(fleet.controller, 'SIGKILL');
    await until('another controller', () => fleet.run('ps').code === 0);
    await later('a');
    expect(fleet.worker('a')).toMatchObject({pid: a!.pid, restarts: 0});

    fleet.write(fleetOf({...worker('a'), health: {...probe('a'), exec: ['test', '-e', 'other'], failures: 1000}}));
    fleet.write('', 'other');
    expect(fleet.run('apply').code).toBe(0);
    await until('the new definition', () => (detail(fleet, 'a').health?.checks ?? 0) >= 3);
    expect(detail(fleet, 'a').health).toMatchObject({limit: 1000, failures: 0});
    expect(fleet.worker('a').pid).toBe(a!.pid);
    rmSync(fleet.path('other'));
    await until('failures that are not enough', () => (detail(fleet, 'a').health?.failures ?? 0) >= 3);
    expect(fleet.run('status', 'a').out).toMatch(/health +\d+ of 1000 failures in a row, last at .*: exit code 1/);
    expect(fleet.worker('a')).toMatchObject({status: 'ready', pid: a!.pid});
  });
});

test('the program of a check runs in the folder of the fleet file, with the environment and as the user of the worker', async () => {
  const show = (name: string): string[] => ['sh', '-c', `{ pwd; id -u; env; } > ${name}.new && mv ${name}.new ${name}`];
  const user = isRoot ? {user: 'daemon'} : {};
  const uid = isRoot ? '1' : String(process.getuid?.());
  const workers = {
    w: {
      run: ['sleep', '1000'],
      ...user,
      cwd: 'sub',
      env: {MINE: 'yes'},
      env_file: 'more.env',
      env_inherit: false,
      ready: {exec: show('ready')},
      health: {exec: show('health'), ...patient},
    },
  };
  const files = {'sub/keep': '', 'more.env': 'MORE=also\nMINE=no\n'};
  await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
    // A world-writable folder above a fleet is rejected, unless it is sticky.
    chmodSync(fleet.folder, 0o1777);
    fleet.up('--wait');
    await until('a health check', () => fleet.read('health') !== '');
    for (const name of ['ready', 'health']) {
      const lines = fleet.read(name).split('\n');
      expect(lines.slice(0, 2)).toEqual([fleet.folder, uid]);
      expect(lines).toEqual(expect.arrayContaining(['MINE=yes', 'MORE=also', 'BROOD_WORKER=w/1', 'BROOD_INSTANCE=1']));
      expect(lines.filter(line => /^(BROOD_RUN|TEST_FLEET)=/.test(line))).toEqual([]);
    }
  });
});
