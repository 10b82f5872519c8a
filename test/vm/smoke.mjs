/** Required behaviour of a fleet on any supported kernel, tested with the built program alone. Run by node --test. */
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'brood-vm-'));
const env = {...process.env, BROOD_HOME: join(folder, 'home'), NO_COLOR: '1'};
/** An emulated machine is some ten times slower. */
const PATIENCE_MS = 400_000;

const brood = (...args) => {
  const ran = spawnSync(process.execPath, [cli, ...args], {cwd: folder, env, encoding: 'utf8', timeout: PATIENCE_MS});
  return {code: ran.status, out: ran.stdout + ran.stderr};
};
const json = (...args) => {
  const {out} = brood(...args, '--json');
  return JSON.parse(out);
};
const worker = id => json('ps').workers.find(one => one.id === id);
const lives = pid => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
};

async function until(what, probe) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    let last;
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error.message;
    }
    if (performance.now() > end) throw new Error(`waited for ${what}; last: ${JSON.stringify(last)}`);
    await delay(100);
  }
}

mkdirSync(env.BROOD_HOME);
writeFileSync(
  join(folder, 'brood.yaml'),
  JSON.stringify({
    fleet: 'vm',
    workers: {
      polite: {sh: 'trap "echo got >> got; exit 0" TERM; touch on; while :; do sleep 0.1; done'},
      daemon: {sh: '(setsid sh -c "sleep 3001 & sleep 3002 & :" &); exec sleep 3000', stop: {timeout: '2s'}},
      plain: {run: ['sleep', '3003'], instances: 3},
      talk: {sh: 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.01; done'},
    },
  }),
);
after(() => {
  brood('down', '--now');
  rmSync(folder, {recursive: true, force: true});
});

const sleepers = () =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return /^sleep\x00300\d\x00/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        return false;
      }
    });

test('up -d --wait returns when every worker is ready', t => {
  const up = brood('up', '-d', '--wait');
  assert.equal(up.code, 0, up.out);
  const {supervisor, workers} = json('ps');
  assert.deepEqual(
    workers.map(({status}) => status),
    workers.map(() => 'ready'),
  );
  t.diagnostic(`told apart by: ${supervisor.guarantees.lineage}`);
  for (const words of supervisor.guarantees.weaker) t.diagnostic(`weaker: ${words}`);
});

test('workers have the descriptors 0, 1 and 2 and no other', () => {
  const {pid} = worker('plain/1');
  assert.deepEqual(readdirSync(`/proc/${pid}/fd`), ['0', '1', '2']);
});

test('stop sends its signal, and proves that nothing is left', async () => {
  await until('the trap', () => existsSync(join(folder, 'on')));
  const {outcomes} = json('stop', 'polite', 'daemon');
  for (const outcome of outcomes) {
    assert.equal(outcome.ok, true, JSON.stringify(outcome));
    assert.ok(['cgroup', 'connector', 'lineage'].includes(outcome.proof), JSON.stringify(outcome));
  }
  assert.equal(readFileSync(join(folder, 'got'), 'utf8'), 'got\n');
  assert.equal(sleepers().length, 3);
});

test('a worker that is killed is restarted', async () => {
  const {pid} = worker('plain/1');
  process.kill(pid, 'SIGKILL');
  await until('its successor', () => worker('plain/1').status === 'ready' && worker('plain/1').pid !== pid);
});

test('workers live on after kill -9 of the keeper, and are watched', async () => {
  const {supervisor} = json('ps');
  const [first, second] = [worker('plain/1'), worker('plain/2')];
  process.kill(supervisor.pid, 'SIGKILL');
  await until('the next keeper', () => json('ps').supervisor.pid !== supervisor.pid);
  assert.equal(worker('plain/1').pid, first.pid);
  process.kill(second.pid, 'SIGKILL');
  await until('its successor', () => worker('plain/2').status === 'ready' && worker('plain/2').pid !== second.pid);
});

test('a fleet goes on after kill -9 of the controller', async () => {
  const {supervisor} = json('ps');
  process.kill(supervisor.controller, 'SIGKILL');
  await until('the next controller', () => json('ps').supervisor.controller !== supervisor.controller);
  assert.equal(brood('restart', 'plain/3').code, 0);
});

test('an upgrade to another copy of the program keeps all pids', async t => {
  const before = worker('talk/1');
  const other = join(folder, 'other');
  mkdirSync(other);
  execFileSync('cp', ['-a', join(cli, '..'), join(other, 'dist')]);
  execFileSync('ln', [
    '-s',
    fileURLToPath(new URL('../../node_modules', import.meta.url)),
    join(other, 'node_modules'),
  ]);
  for (const name of readdirSync(join(other, 'dist')).filter(name => /^(keeper|controller).*\.cjs$/.test(name))) {
    const path = join(other, 'dist', name);
    writeFileSync(path, `;\n${readFileSync(path, 'utf8')}`);
  }
  spawnSync(process.execPath, [join(other, 'dist', 'cli.js'), 'upgrade'], {cwd: folder, env, timeout: PATIENCE_MS});
  // On a slow machine the command times out before the result is known.
  const end = await until('the end of the upgrade', () =>
    brood('events', '-n', 'all', '--json')
      .out.split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line))
      .find(({type}) => type === 'upgraded' || type === 'upgrade-failed'),
  );
  assert.equal(worker('talk/1').pid, before.pid);
  // An upgrade is given up after 10 s; under emulation on a busy machine no new program comes up in that time.
  if (/longer than 10s/.test(end.message ?? '')) t.skip('this machine is too slow for an upgrade');
  else assert.equal(end.type, 'upgraded', JSON.stringify(end));
});

test('no line of output is lost or doubled', () => {
  assert.equal(brood('stop', 'talk').code, 0);
  const lines = brood('logs', 'talk', '--raw').out.trimEnd().split('\n');
  assert.equal(
    lines.findIndex((line, index) => line !== String(index + 1)),
    -1,
  );
});

test('down leaves nothing', async () => {
  const {supervisor} = json('ps');
  const down = brood('down');
  assert.equal(down.code, 0, down.out);
  assert.deepEqual(sleepers(), []);
  for (const pid of [supervisor.anchor, supervisor.pid, supervisor.controller]) assert.equal(lives(pid), false);
});
