/** No byte of output is lost, doubled or mixed: huge lines, binary, full speed over rotations, successive runs. */
import {once} from 'node:events';
import {readdirSync, renameSync, existsSync} from 'node:fs';
import {join} from 'node:path';
import {spawnSync} from 'node:child_process';
import {expect, test} from 'vitest';
import {cli, TestFleet, until} from './harness.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

/** The log folder of an instance. */
function logFolder(fleet: TestFleet, name: string): string {
  const [id = ''] = readdirSync(fleet.home);
  return join(fleet.home, id, 'logs', name);
}

/** Returns the exact bytes that `logs --raw` prints. */
function raw(fleet: TestFleet, ...args: string[]): Buffer {
  const options = {cwd: fleet.folder, env: fleet.env, maxBuffer: 1 << 28};
  return spawnSync(process.execPath, [cli, 'logs', ...args, '--raw'], options).stdout;
}

/** Returns the index of the first line that does not contain its own number, or -1. */
const firstBreak = (lines: readonly string[]): number => lines.findIndex((line, index) => line !== String(index + 1));

test('a line of 50 MB and every possible byte arrive exactly as they were written', async () => {
  const workers = {
    long: {sh: `head -c 50000000 /dev/zero | tr '\\0' x; echo; echo after; touch long-done; exec sleep 1000`},
    binary: {sh: `perl -e 'for (1..1000) { print map { chr } 0..255 }'; touch binary-done; exec sleep 1000`},
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    await until(
      'both to have written',
      () => existsSync(fleet.path('long-done')) && existsSync(fleet.path('binary-done')),
    );
    await until('the last byte of the line', () => raw(fleet, 'long').length === 50_000_007);
    const line = raw(fleet, 'long');
    expect(line.subarray(0, 50_000_000).every(byte => byte === 0x78)).toBe(true);
    expect(line.toString('latin1', 50_000_000)).toBe('\nafter\n');
    const bytes = await until('the last block', () => {
      const now = raw(fleet, 'binary');
      return now.length === 256_000 && now;
    });
    expect(bytes.every((byte, index) => byte === index % 256)).toBe(true);
    expect(fleet.ps().supervisor.guarantees.weaker.filter(words => words.includes('held back'))).toEqual([]);
  });
});

test(
  'each line of a worker at full speed over many rotations, some of them compressed, is logged once and in order, also for a follower',
  {timeout: 180_000},
  async () => {
    const workers = {
      talk: {
        sh: 'while [ ! -e go ]; do sleep 0.02; done; seq 1 400000; exec sleep 1000',
        logs: {max_size: '128KiB', keep: 1000, compress: true},
      },
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      const follower = fleet.start(['logs', 'talk', '-f', '-n', 'all'], {stdio: ['ignore', 'pipe', 'inherit']});
      let followed = '';
      follower.stdout!.setEncoding('latin1').on('data', (text: string) => (followed += text));
      spawnSync('touch', [fleet.path('go')]);
      await until('the follower to have seen the last line', () => /\b400000\n$/.test(followed), 150_000);
      follower.kill('SIGKILL');
      await once(follower, 'exit');
      const seen = followed
        .trimEnd()
        .split('\n')
        .map(line => /\d+$/.exec(line)?.[0] ?? line);
      expect(firstBreak(seen)).toBe(-1);

      const names = await until('the last file to be compressed', () => {
        const all = readdirSync(logFolder(fleet, 'talk.1')).filter(name => /^out\.\d+\.log(\.gz)?$/.test(name));
        return all.every(name => name.endsWith('.gz')) && all;
      });
      expect(names.length).toBeGreaterThan(5);
      const lines = raw(fleet, 'talk').toString('latin1').trimEnd().split('\n');
      expect(lines.length).toBe(400_000);
      expect(firstBreak(lines)).toBe(-1);
    });
  },
);

test('the output of runs is logged in the order of the runs, and nothing is kept beyond `keep` files', async () => {
  const sh =
    'n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; seq -f "$n %g" 1 3000; [ $n -ge 9 ] && exec sleep 1000; exit 1';
  const quick = {first: '0s', initial: '1ms', max: '1ms'};
  const workers = {
    w: {sh, backoff: quick, give_up: {restarts: 50, within: '60s'}},
    few: {
      sh: 'seq 1 100000; exec sleep 1000',
      logs: {max_size: '16KiB', keep: 2, compress: false},
    },
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    const expected = Array.from({length: 10}, (_, run) =>
      Array.from({length: 3000}, (_, n) => `${run} ${n + 1}\n`).join(''),
    ).join('');
    await until('the last line of the tenth run', () => raw(fleet, 'w').toString().endsWith('9 3000\n'));
    expect(raw(fleet, 'w').toString() === expected).toBe(true);
    const kept = await until('the oldest files to be gone', () => {
      const rotated = readdirSync(logFolder(fleet, 'few.1')).filter(name => /^out\.\d+\.log$/.test(name));
      return rotated.length <= 2 && raw(fleet, 'few').toString().endsWith('\n100000\n') && rotated;
    });
    expect(kept.length).toBeLessThanOrEqual(2);
    const lines = raw(fleet, 'few').toString().trimEnd().split('\n').map(Number);
    // The kept lines are a contiguous end of the output.
    expect(lines.at(-1)).toBe(100_000);
    expect(lines.slice(1).findIndex((line, index) => line !== lines[index]! + 1)).toBe(-1);
  });
});

test('a worker that closes its output lives on, and a grandchild that keeps it open delays neither stop nor restart', async () => {
  const workers = {
    closed: {sh: 'echo before; exec >&- 2>&-; touch closed; exec sleep 1000'},
    shared: {
      sh: 'echo $$; setsid sh -c \'trap "" TERM; while :; do echo x; sleep 0.02; done\' & exec sleep 1000',
      stop: {timeout: '300ms'},
    },
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    await until('closed', () => existsSync(fleet.path('closed')));
    await until('its words', () => raw(fleet, 'closed').toString() === 'before\n');
    const {pid} = fleet.worker('closed');
    expect(lives(pid!)).toBe(true);
    await until('the grandchild', () => raw(fleet, 'shared').toString().includes('x\n'));
    expect(fleet.run('restart', 'shared').code).toBe(0);
    expect(fleet.run('stop', 'shared').code).toBe(0);
    const {anchor} = fleet.ps().supervisor;
    expect(fleet.named('sh').filter(seen => seen.pid !== anchor)).toEqual([]);
    expect(fleet.worker('closed').pid).toBe(pid);
  });
});

test('SIGUSR1 to anchor, keeper or controller reopens logs that were moved away, and no line is lost', async () => {
  const workers = {talk: {sh: 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.001; done'}};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    const folder = logFolder(fleet, 'talk.1');
    const {anchor, pid, controller} = fleet.ps().supervisor;
    let round = 0;
    for (const target of [anchor!, pid, controller]) {
      await until('some lines', () => existsSync(join(folder, 'out.log')) && raw(fleet, 'talk').length > 100);
      renameSync(join(folder, 'out.log'), fleet.path(`moved.${round++}`));
      process.kill(target, 'SIGUSR1');
      await until('a new file', () => existsSync(join(folder, 'out.log')));
    }
    expect(fleet.run('stop', 'talk').code).toBe(0);
    const all =
      ['moved.0', 'moved.1', 'moved.2'].map(name => fleet.read(name)).join('') + raw(fleet, 'talk').toString();
    const lines = all.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    expect(firstBreak(lines)).toBe(-1);
    expect(fleet.ps().supervisor).toMatchObject({anchor, pid, controller});
  });
});
