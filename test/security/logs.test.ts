/** Log files that are removed, moved away or truncated under a living fleet, and a disk that does not answer. */
import {execFileSync, spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {removeLiving} from '../end-to-end/losing.ts';
import {isRoot, using} from '../end-to-end/wrapped.ts';
import {isRepaired} from './repairing.ts';

const backoff = {first: '0s', initial: '50ms', max: '200ms'};
const talker = {sh: 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done', backoff};

const fleetFolder = (fleet: TestFleet): string => {
  const name = readdirSync(fleet.home).find(entry => entry.startsWith('t-'));
  if (name === undefined) throw new Error('the fleet has no folder');
  return join(fleet.home, name);
};

const logOf = (fleet: TestFleet): string => join(fleetFolder(fleet), 'logs', 'talk.1', 'out.log');
const numbers = (text: string): number[] => [...text.matchAll(/^line (\d+)$/gm)].map(([, digits]) => Number(digits));
const lastLine = (fleet: TestFleet): number => numbers(fleet.run('logs', 'talk', '-n', '1').out).at(-1) ?? 0;

/** Waits until more lines are written, and the repair is reported. */
async function goesOn(fleet: TestFleet, what: RegExp): Promise<void> {
  const before = lastLine(fleet);
  await until('more lines', () => lastLine(fleet) > before);
  await until('the event', () =>
    fleet
      .events('repaired')
      .some(event => event['what'] === 'log' && event.worker === 'talk' && what.test(String(event['message']))),
  );
}

test('after the removal of a log the next line is in a new file, also if the folder is gone; followers see all', async () => {
  await using(new TestFleet({fleet: 't', workers: {talk: talker}}), async fleet => {
    fleet.up('--wait');
    await until('a line', () => lastLine(fleet) > 0);
    const following = fleet.start(['logs', '-f', 'talk', '-n', '0'], {stdio: ['ignore', 'pipe', 'ignore']});
    let seen = '';
    following.stdout?.setEncoding('utf8').on('data', (text: string) => (seen += text));
    try {
      await until('a follower', () => seen !== '');
      const at = logOf(fleet);
      const size = statSync(at).size;
      rmSync(at);
      await until('another file', () => existsSync(at));
      await goesOn(fleet, /out\.log: it was removed/);
      // The new file has an index of its own.
      expect(readFileSync(at.replace('.log', '.idx'), 'latin1')).toMatch(/^0 \d{13}\n/);
      expect(size).toBeGreaterThan(0);
      removeLiving(join(fleetFolder(fleet), 'logs'));
      await until('another folder', () => existsSync(at));
      expect(statSync(join(fleetFolder(fleet), 'logs', 'talk.1')).mode & 0o777).toBe(0o700);
      const last = numbers(readFileSync(at, 'latin1'))[0] ?? Infinity;
      await until(
        'a follower who sees it',
        () => (numbers(seen.replace(/^.*?\| ?/gm, '')).at(-1) ?? 0) > last || seen.includes(`line ${last + 5}`),
      );
    } finally {
      following.kill('SIGKILL');
    }
  });
});

test('the removed log of a worker that writes nothing is restored by the next sweep, and reported', async () => {
  const quiet = {sh: 'echo line 1; exec sleep 1000', backoff};
  await using(new TestFleet({fleet: 't', workers: {talk: quiet}}), async fleet => {
    fleet.up('--wait');
    await until('the line', () => lastLine(fleet) === 1);
    const {keeper} = fleet;
    rmSync(logOf(fleet));
    await isRepaired(fleet, keeper, 'log');
    expect(readFileSync(logOf(fleet), 'latin1')).toBe('');
    expect(fleet.events('repaired').map(({message}) => String(message))).toEqual([
      `${logOf(fleet)}: it was removed, and is created again`,
    ]);
  });
});

test('a truncated log is continued at its end, without zeros', async () => {
  await using(new TestFleet({fleet: 't', workers: {talk: talker}}), async fleet => {
    fleet.up('--wait');
    await until('some lines', () => lastLine(fleet) > 20);
    for (let round = 0; round < 5; round++) {
      truncateSync(logOf(fleet), round % 2 ? 7 : 0);
      const before = lastLine(fleet);
      await until('more lines', () => lastLine(fleet) > before);
    }
    await goesOn(fleet, /it was truncated/);
    expect(readFileSync(logOf(fleet)).includes(0)).toBe(false);
    expect(fleet.worker('talk').restarts).toBe(0);
  });
});

test('output soon goes to the file at the path when a log is moved away without a signal, or replaced by another file', async () => {
  await using(new TestFleet({fleet: 't', workers: {talk: talker}}), async fleet => {
    fleet.up('--wait');
    await until('a line', () => lastLine(fleet) > 0);
    const at = logOf(fleet);
    renameSync(at, `${at}.old`);
    await until('another file', () => existsSync(at));
    await goesOn(fleet, /moved or replaced/);
    writeFileSync(`${at}.new`, 'somebody else\n');
    renameSync(`${at}.new`, at);
    await until('lines in it', () => /^somebody else\nline \d+\n/.test(readFileSync(at, 'latin1')));
    // No line was lost when the log was moved away.
    const old = numbers(readFileSync(`${at}.old`, 'latin1'));
    expect(old).toEqual(old.map((_, index) => index + 1));
  });
});

test('rotation goes on when an index is gone', async () => {
  const chatty = {sh: 'i=0; while :; do i=$((i+1)); echo line $i; done', backoff, logs: {max_size: '64KiB', keep: 3}};
  await using(new TestFleet({fleet: 't', workers: {talk: chatty}}), async fleet => {
    fleet.up('--wait');
    const folder = join(fleetFolder(fleet), 'logs', 'talk.1');
    const rotated = (): number => readdirSync(folder).filter(name => /^out\.\d+\.log/.test(name)).length;
    await until('a rotation', () => rotated() > 0);
    const highest = (): number =>
      Math.max(...readdirSync(folder).map(name => Number(/^out\.(\d+)\.log/.exec(name)?.[1] ?? 0)));
    const before = highest();
    rmSync(join(folder, 'out.idx'), {force: true});
    await until('more rotations', () => highest() > before + 3);
    expect(fleet.events('output-held')).toEqual([]);
  });
});

const hasLoop =
  isRoot &&
  existsSync('/dev/loop-control') &&
  spawnSync('sh', ['-c', 'command -v fsfreeze mkfs.ext4 losetup']).status === 0;

test.skipIf(!hasLoop)(
  'a frozen file system delays only the workers that write to it, and nothing is lost (needs root, loop devices and fsfreeze)',
  async () => {
    const workers = {talk: talker, silent: {run: ['sleep', '1000'], backoff}};
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      expect(fleet.run('down').code).toBe(0);
      const logs = join(fleetFolder(fleet), 'logs');
      rmSync(logs, {recursive: true, force: true});
      mkdirSync(logs);
      execFileSync('truncate', ['-s', '16M', fleet.path('disk')]);
      execFileSync('mkfs.ext4', ['-q', fleet.path('disk')]);
      if (spawnSync('mount', ['-o', 'loop', fleet.path('disk'), logs]).status !== 0) return;
      try {
        fleet.up('--wait');
        await until('a line', () => lastLine(fleet) > 0);
        const {keeper} = fleet;
        execFileSync('fsfreeze', ['-f', logs]);
        try {
          const before = statSync(logOf(fleet)).size;
          for (let round = 0; round < 2; round++) {
            const {pid} = fleet.worker('silent');
            process.kill(pid!, 'SIGKILL');
            await fleet.successor('silent', pid!);
          }
          expect(fleet.events('keeper-slow')).toEqual([]);
          expect(statSync(logOf(fleet)).size).toBeLessThanOrEqual(before + 64);
        } finally {
          execFileSync('fsfreeze', ['-u', logs]);
        }
        const before = lastLine(fleet);
        await until('more lines', () => lastLine(fleet) > before + 20);
        const all = numbers(readFileSync(logOf(fleet), 'latin1'));
        expect(all).toEqual(all.map((_, index) => index + 1));
        expect(fleet.keeper).toBe(keeper);
        expect(fleet.run('down').code).toBe(0);
      } finally {
        fleet.run('down', '--now');
        await until('the mount to be free', () => spawnSync('umount', [logs]).status === 0);
      }
    });
  },
);
