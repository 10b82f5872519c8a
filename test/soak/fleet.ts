/** A fleet in which ten minutes have as many events as a day of a typical one. */
import {spawnSync} from 'node:child_process';

/** Writes lines of various lengths at a rate in bytes per second, like a server under load. */
const CHATTY = `
const [, , perSecond = '100000'] = process.argv;
const line = i => new Date().toISOString() + ' request ' + i + ' GET /somewhere/or/other 200 ' + 'x'.repeat(i % 90) + '\\n';
let i = 0;
setInterval(() => {
  let text = '';
  while (text.length < Number(perSecond) / 10) text += line(i++);
  process.stdout.write(text);
  process.stderr.write(text.slice(0, text.length / 2));
}, 100);
`;

const SPEAKER = `
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def say(text):
    s.sendto(text.encode(), os.environ['NOTIFY_SOCKET'].replace('@', chr(0), 1))
say('READY=1')
i = 0
while True:
    i += 1
    say('WATCHDOG=1\\nSTATUS=round %d' % i)
    time.sleep(0.1)
`;

export const files: Readonly<Record<string, string>> = {
  'chatty.mjs': CHATTY,
  'speaker.py': SPEAKER,
  'src/a.txt': 'a',
};

const quick = {first: '100ms', initial: '300ms', max: '300ms', jitter: '50%'};
const endless = {restarts: 1_000_000, within: '1s'};
const stop = {timeout: '2s'};
/** For workers that are killed all the time. */
const tough = {backoff: quick, give_up: endless, stop};

export const hasPython = (): boolean => spawnSync('python3', ['-c', '']).status === 0;

/** Returns the fleet file; an edit changes `version`. */
export function fleetOf(version: number, python = hasPython()): object {
  const sleeper = {run: ['sleep', '100000'], ...tough};
  return {
    fleet: 'soak',
    workers: {
      crasher: {
        sh: `echo ${'up '.repeat(40)}; sleep 0.7; echo ${'failed '.repeat(20)} >&2; exit 3`,
        instances: 6,
        ...tough,
        logs: {max_size: '1KiB', keep: 3},
      },
      short: {sh: 'sleep 2 & sleep 1', instances: 2, hooks: {exit: 'true'}, ...tough},
      chatty: {
        run: ['node', 'chatty.mjs', '500000'],
        instances: 3,
        logs: {max_size: '512KiB', keep: 5, compress: true},
        ...tough,
      },
      aging: {run: ['node', 'chatty.mjs', '20000'], logs: {max_size: '256KiB', max_age: '10s', keep: 20}, ...tough},
      checked: {...sleeper, instances: 3, health: {exec: ['true'], every: '1s'}},
      failing: {...sleeper, health: {exec: ['false'], every: '1s', failures: 2}},
      timed: {sh: 'echo now', schedule: '* * * * *'},
      watched: {...sleeper, watch: ['src']},
      scaled: {...sleeper, instances: 2, ready: {after: '10ms'}},
      rolled: {...sleeper, instances: 2, ready: {after: '50ms'}},
      edited: {...sleeper, env: {VERSION: String(version)}},
      paused: sleeper,
      first: sleeper,
      second: {sh: 'sleep 5; exit 1', ...tough},
      ...(python
        ? {
            speaker: {
              run: ['python3', 'speaker.py'],
              ready: {notify: true},
              watchdog: '20s',
              max_runtime: '7s',
              ...tough,
            },
          }
        : {}),
    },
    groups: {pair: {strategy: 'one-for-all', members: ['first', 'second']}},
  };
}
