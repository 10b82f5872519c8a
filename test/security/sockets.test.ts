/** A socket at the path of a `socket:` channel: a dead one is replaced; a living one stays, and delays nothing. */
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, statSync} from 'node:fs';
import {expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';

const sleeper = {run: ['sleep', '1000'], backoff: {first: '0s', initial: '50ms', max: '200ms'}};

/** A fleet with the channel `http` at `http.sock` in its folder. */
function fleetOf(): TestFleet {
  const fleet = new TestFleet('');
  const workers = {web: {...sleeper, channels: ['http']}, other: sleeper};
  fleet.write({fleet: 't', workers, channels: {http: {socket: fleet.path('http.sock')}}});
  return fleet;
}

/** Runs a Python program with a path; calls `action` once the program has reported that it is set up. */
async function beside(python: string, path: string, action: () => Promise<void> | void): Promise<void> {
  const child: ChildProcess = spawn('python3', ['-uc', python, path], {stdio: ['ignore', 'pipe', 'inherit']});
  const ended = once(child, 'exit');
  try {
    await once(child.stdout!, 'data');
    await action();
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

const BIND = 'import os,socket,sys,time\nl=socket.socket(1,TYPE); l.bind(sys.argv[1])';
const END = "\nprint('there', flush=True)\ntime.sleep(1000)";
const FULL = `${BIND}
l.listen(0)
k=[]
try:
    while True:
        c=socket.socket(1,1); c.setblocking(False); c.connect(sys.argv[1]); k.append(c)
except BlockingIOError: pass${END}`.replace('TYPE', '1');
const DATAGRAMS = `${BIND}${END}`.replace('TYPE', '2');
const LISTENING = `${BIND}\nl.listen(5)${END}`.replace('TYPE', '1');

for (const [what, python] of [
  ['a full backlog', FULL],
  ['another type', DATAGRAMS],
  ['a listener', LISTENING],
] as const) {
  test(`a living socket (${what}) stays, is reported as the reason why its worker fails, and delays nothing else`, async () => {
    await using(fleetOf(), async fleet => {
      const path = fleet.path('http.sock');
      await beside(python, path, async () => {
        const {ino} = statSync(path);
        fleet.up();
        await fleet.ready('other');
        await until('the failure', () =>
          fleet
            .events('spawn-failed')
            .some(({message}) => /http\.sock: another program listens there \(EADDRINUSE\)/.test(String(message))),
        );
        const {pid} = fleet.worker('other');
        process.kill(pid!, 'SIGKILL');
        await fleet.successor('other', pid!);
        expect(fleet.run('down').code).toBe(0);
        expect(statSync(path).ino).toBe(ino);
      });
      // The ended program has left a dead socket file.
      fleet.up('--wait');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(fleet.run('down').code).toBe(0);
      expect(existsSync(path)).toBe(false);
    });
  });
}

test('a program that has taken the path meanwhile keeps it when the fleet stops', async () => {
  await using(fleetOf(), async fleet => {
    const path = fleet.path('http.sock');
    fleet.up('--wait');
    await beside(LISTENING.replace('l=socket', 'os.unlink(sys.argv[1]); l=socket'), path, () => {
      const {ino} = statSync(path);
      expect(fleet.run('down').code).toBe(0);
      expect(statSync(path).ino).toBe(ino);
    });
  });
});
