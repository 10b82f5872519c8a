/** The users of the fleet: people, monitors, editors, and clients that vanish during a request. */
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fleetOf} from './fleet.ts';
import type {SoakFleet} from './place.ts';
import {connectFleet} from '../../src/control/connect.ts';
import type {Client} from '../../src/control/client.ts';
import type {Prng} from '../simulation/prng.ts';

/** Numbers of actions done and failed. */
export class Tally {
  readonly done = new Map<string, number>();
  readonly underWay = new Set<string>();
  readonly failed = new Map<string, {count: number; last: string}>();

  did(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  wentWrong(what: string, error: unknown): void {
    const count = (this.failed.get(what)?.count ?? 0) + 1;
    this.failed.set(what, {count, last: error instanceof Error ? error.message : String(error)});
  }
}

interface Actor {
  readonly what: string;
  /** Average pause between two actions. */
  readonly everyMs: number;
  readonly act: (fleet: SoakFleet, rng: Prng) => Promise<void>;
}

async function withClient(fleet: SoakFleet, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = await connectFleet(fleet.state);
  try {
    await use(client);
  } finally {
    client.close();
  }
}

const asks = (what: string, everyMs: number, use: (client: Client, rng: Prng) => Promise<unknown>): Actor => ({
  what,
  everyMs,
  act: (fleet, rng) => withClient(fleet, client => use(client, rng)),
});

/** Runs a command that follows output, and kills it. */
const cutOff = (what: string, everyMs: number, args: readonly string[]): Actor => ({
  what,
  everyMs,
  async act(fleet, rng) {
    const child = fleet.start(args, {stdio: ['ignore', 'pipe', 'ignore']});
    child.stdout?.resume();
    const ended = once(child, 'close');
    await delay(500 + rng.int(1500));
    child.kill('SIGKILL');
    await ended;
  },
});

/** Sends a text, complete or not, and disconnects at once or later. */
const rude = (what: string, everyMs: number, text: string): Actor => ({
  what,
  everyMs,
  async act(fleet, rng) {
    const socket = connect(join(fleet.state, 'control.sock'));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text);
    await delay(rng.pick([0, 0, 20, 3000]));
    socket.destroy();
  },
});

const request = (method: string, params: object): string =>
  JSON.stringify({jsonrpc: '2.0', id: 1, method, params}) + '\n';

let version = 0;

const ACTORS: readonly Actor[] = [
  asks('ping', 100, client => client.call('ping', {})),
  asks('ps', 250, client => client.call('ps', {})),
  asks('status', 500, client => client.call('status', {targets: ['chatty', 'crasher']})),
  rude('half a question', 200, '{"jsonrpc": "2.0", "id": 1, "met'),
  rude('no question', 300, 'nonsense\n'),
  rude('an answer that nobody reads', 300, request('ps', {})),
  rude('a watch that is cut off', 300, request('watch', {})),
  rude('a restart whose asker leaves', 2000, request('restart', {targets: ['edited']})),
  cutOff('logs -f', 1500, ['logs', '-f', 'chatty']),
  cutOff('events -f', 1500, ['events', '-f']),
  asks('scale', 1500, (client, rng) => client.call('scale', {counts: {scaled: 1 + rng.int(6)}})),
  asks('restart', 2000, client => client.call('restart', {targets: ['paused']})),
  asks('reload', 1500, client => client.call('reload', {targets: ['rolled']})),
  asks('pause', 1500, async client => {
    await client.call('pause', {targets: ['checked']});
    await client.call('resume', {targets: ['checked']});
  }),
  asks('alarm', 1000, client => client.call('alarm', {target: 'checked/1', seconds: 3600})),
  asks('stop and start', 2000, async client => {
    await client.call('stop', {targets: ['watched']});
    await client.call('start', {targets: ['watched']});
  }),
  asks('add and remove', 1000, async (client, rng) => {
    const name = `extra-${rng.int(1_000_000)}`;
    await client.call('add', {name, argv: ['/bin/sleep', '1000'], cwd: '/'});
    await client.call('remove', {targets: [name]});
  }),
  {
    what: 'apply an edit',
    everyMs: 2500,
    async act(fleet) {
      fleet.write(fleetOf(++version));
      await withClient(fleet, client => client.call('plan', {}));
      await withClient(fleet, client => client.call('apply', {}));
    },
  },
  {
    what: 'change a watched file',
    everyMs: 4000,
    act(fleet, rng) {
      writeFileSync(fleet.path('src', `${rng.pick(['a', 'b', 'c'])}.txt`), String(rng.int(1000)));
      return Promise.resolve();
    },
  },
  {
    what: 'kill a worker',
    everyMs: 500,
    act: (fleet, rng) =>
      withClient(fleet, async client => {
        const {workers} = await client.call('ps', {});
        const target = rng.pick(workers.filter(({pid}) => pid !== null)).id;
        await client.call('signal', {signal: 'SIGKILL', targets: [target]});
      }),
  },
  {what: 'brood ps', everyMs: 5000, act: command('ps')},
  {what: 'brood doctor', everyMs: 15_000, act: command('doctor')},
  {what: 'reopen logs', everyMs: 10_000, act: signalled('SIGUSR1')},
  {what: 'sweep', everyMs: 7000, act: signalled('SIGALRM')},
];

function command(name: string): Actor['act'] {
  return async fleet => {
    const {code, err} = await fleet.runAsync(name);
    if (code !== 0 && name !== 'doctor') throw new Error(err);
  };
}

function signalled(signal: NodeJS.Signals): Actor['act'] {
  return fleet =>
    withClient(fleet, async client => {
      const {supervisor} = await client.call('ps', {});
      process.kill(supervisor.pid, signal);
    });
}

/** Runs all actors concurrently until abort; the actions of one are consecutive. */
export async function actUntil(fleet: SoakFleet, rng: Prng, tally: Tally, end: AbortSignal): Promise<void> {
  await Promise.all(
    ACTORS.map(async ({what, everyMs, act}) => {
      while (!end.aborted) {
        try {
          tally.underWay.add(what);
          await act(fleet, rng);
          tally.did(what);
        } catch (error) {
          tally.wentWrong(what, error);
        }
        tally.underWay.delete(what);
        await delay(everyMs * (0.5 + rng.next()), null, {signal: end}).catch(() => undefined);
      }
    }),
  );
}
