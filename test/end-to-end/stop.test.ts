/** Stop means stopped: nothing of a worker is left, whatever it did, with a cgroup and without. */
import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {Outcomes} from '../../src/control/messages.ts';
import {TestFleet, until} from './harness.ts';
import {commandLine, everyProcess, lives, look, send, type Seen} from './processes.ts';
import {connectorFleet, isRoot, lineageFleet, using, whyNoConnector} from './wrapped.ts';

/** Forks at most 2^6 processes, also while it is being stopped: SIGTERM makes each fork once more. */
const BOMB = `#!/usr/bin/perl
my $depth = shift;
sub grow { my $d = shift; return if $d <= 0; for (1..2) { my $p = fork; next if $p; $SIG{TERM} = sub { if (!fork) { $SIG{TERM} = 'IGNORE'; sleep 1000 } }; grow($d - 1); while (1) { sleep 1000 } } }
$SIG{TERM} = 'IGNORE';
grow($depth);
open F, '>', 'bombed'; close F;
while (1) { sleep 1000 }
`;

const worker = (sh: string, more: object = {}): object => ({sh, stop: {timeout: '300ms'}, ...more});

const workers = {
  daemon: worker('(setsid sh -c "sleep 2001 & sleep 2002 & :" &); exec sleep 1000'),
  nested: worker(
    'setsid sh -c "trap \\"\\" TERM HUP; setsid sleep 2003 & while :; do sleep 0.1; done" & exec sleep 1000',
  ),
  deaf: worker('trap "" TERM; sleep 2004 & while :; do sleep 0.1; done'),
  frozen: worker('sleep 2005 & sleep 0.3; kill -STOP $!; kill -STOP $$; sleep 1000; :'),
  groups: worker(`for n in 2006 2007; do perl -e 'setpgrp; exec "sleep", shift' $n & done; sleep 1000; :`),
  bomb: {run: ['perl', 'bomb', '5'], stop: {timeout: '300ms'}},
};

if (whyNoConnector !== null) console.warn(`stops proved by the process connector are not tested: ${whyNoConnector}`);

const kinds = [
  {proof: 'cgroup', make: (fleet: object) => new TestFleet(fleet, {bomb: BOMB})},
  ...(whyNoConnector === null
    ? [{proof: 'connector', make: (fleet: object) => connectorFleet(fleet, {bomb: BOMB})}]
    : []),
  {proof: 'lineage', make: (fleet: object) => lineageFleet(fleet, {bomb: BOMB})},
];

const sleepers = (fleet: TestFleet): string[] =>
  fleet
    .named('sleep')
    .map(({pid}) => commandLine(pid).join(' '))
    .filter(line => /sleep 200\d/.test(line));

describe.skipIf(!isRoot).each(kinds)('with $proof (needs root to be both users)', ({proof, make}) => {
  test('daemons, deaf, stopped and multiplying children: nothing survives a stop, and the answer says how it is known', async () => {
    await using(make({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      await until('every tree', () => {
        const found = new Set(sleepers(fleet));
        return found.size === 7 && fleet.named('perl').length > 60;
      });
      await until('the worker that stopped itself', () => fleet.worker('frozen').flags.includes('paused'));
      const ofSupervisor = supervisorPids(fleet);
      const before = fleet.tagged().filter(({pid}) => !ofSupervisor.includes(pid));
      expect(before.length).toBeGreaterThan(70);
      const stopped = JSON.parse(fleet.run('stop', ...Object.keys(workers), '--json').out) as Outcomes;
      for (const outcome of stopped.outcomes)
        expect(outcome).toMatchObject({ok: true, status: 'stopped', proof, survivors: []});
      const left = fleet.tagged().filter(({pid}) => !ofSupervisor.includes(pid));
      expect(left.map(({pid}) => commandLine(pid).join(' '))).toEqual([]);
      expect(before.filter(({pid}) => lives(pid))).toEqual([]);
      expect(fleet.run('down').code).toBe(0);
    });
  });

  test('after a crash, what the last run left is gone before the next begins, within about a second', async () => {
    const crash =
      '[ -e child ] && { kill -0 $(cat child) && echo lives > found || echo gone > found; exec sleep 1000; }';
    const sh = `${crash}; setsid sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 2009; done' & while [ ! -s child ]; do sleep 0.02; done; exit 1`;
    await using(make({fleet: 't', workers: {w: {sh, stop: {timeout: '20s'}}}}), async fleet => {
      fleet.up();
      await until('the second run', () => fleet.read('found') !== '');
      expect(fleet.read('found').trim()).toBe('gone');
      expect(lives(Number(fleet.read('child')))).toBe(false);
      const spawned = await until('its event', () => fleet.events('spawned')[1]);
      const exited = fleet.events('exited')[0]!;
      expect(Date.parse(spawned.at) - Date.parse(exited.at)).toBeGreaterThan(500);
      expect(Date.parse(spawned.at) - Date.parse(exited.at)).toBeLessThan(3000);
    });
  });

  test('down leaves not even what has shed every sign of where it came from', async () => {
    const sh =
      '(env -i /usr/bin/setsid /bin/sleep 2008 &); (env -i /usr/bin/setsid sh -c "trap \'\' TERM; sleep 2009; :" &); exec sleep 1000';
    await using(make({fleet: 't', workers: {w: worker(sh), other: worker('exec sleep 1000')}}), async fleet => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const left = await until('both', () => {
        const found = everyProcess().filter(
          ({pid, ppid}) => ppid === keeper && /200[89]/.test(commandLine(pid).join(' ')),
        );
        return found.length === 2 && found;
      });
      expect(fleet.run('down').code).toBe(0);
      expect(left.filter(({pid}) => lives(pid))).toEqual([]);
    });
  });

  test('when the keeper was killed in between, a stop still finds everything', async () => {
    const {daemon, nested, deaf, groups} = workers;
    await using(make({fleet: 't', workers: {daemon, nested, deaf, groups}}), async fleet => {
      fleet.up('--wait');
      await until('every tree', () => new Set(sleepers(fleet)).size === 6);
      const {pid: keeper} = fleet.ps().supervisor;
      process.kill(keeper, 'SIGKILL');
      await until('a new keeper', () => fleet.ps().supervisor.pid !== keeper);
      expect(fleet.run('stop', 'daemon', 'nested', 'deaf', 'groups').code).toBe(0);
      expect(sleepers(fleet)).toEqual([]);
    });
  });
});

/** The children of a process, read cheaply enough to be read again and again. */
function children(pid: number): Seen[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return pids.map(child => look(Number(child))).filter(seen => seen !== null);
}

function supervisorPids(fleet: TestFleet): number[] {
  const {anchor, pid, controller} = fleet.ps().supervisor;
  return [anchor!, pid, controller];
}

describe('stop at any moment', () => {
  test('while starting, during backoff, twice at once, and of one that is not there', async () => {
    const fleet = {
      fleet: 't',
      workers: {
        never: {run: ['sleep', '1000'], ready: {log: 'never said'}},
        loop: {sh: 'exit 1', backoff: {first: '60s', initial: '60s', max: '60s'}},
        slow: {sh: 'trap "sleep 0.5; exit 0" TERM; while :; do sleep 0.05; done'},
      },
    };
    await using(new TestFleet(fleet), async t => {
      t.up();
      await t.status('never', 'starting');
      const {pid} = await until('its process', () => {
        const now = t.worker('never');
        return now.pid !== null && now;
      });
      await t.status('loop', 'backoff');
      const both = await Promise.all([t.runAsync('stop', 'never', 'loop', 'slow'), t.runAsync('stop', 'slow')]);
      expect(both.map(({code}) => code)).toEqual([0, 0]);
      expect(lives(pid!)).toBe(false);
      for (const name of ['never', 'loop', 'slow']) expect(t.worker(name).status).toBe('stopped');
      expect(t.run('stop', 'loop').code).toBe(0);
      const nobody = t.run('stop', 'slwo');
      expect(nobody.code).toBe(1);
      expect(nobody.err).toMatch(/did you mean slow/);
    });
  });

  test('restarts of many by many clients at once, and kills without pause: never two of one instance, one each in the end', async () => {
    const once = `exec 9> lock.$BROOD_INSTANCE; flock -n 9 || echo twice >> twice; exec sleep 1000`;
    const fleet = {
      fleet: 't',
      workers: {
        w: {
          sh: once,
          instances: 4,
          backoff: {first: '0s', initial: '1ms', max: '5ms'},
          give_up: {restarts: 100_000, within: '1s'},
        },
      },
    };
    await using(new TestFleet(fleet), async t => {
      t.up('--wait');
      await Promise.all(
        Array.from({length: 12}, (_, n) => t.runAsync('restart', n % 3 === 0 ? 'w' : `w/${(n % 4) + 1}`)),
      );
      const {keeper} = t;
      let last = 0;
      for (let kills = 0; kills < 200;) {
        const seen = children(keeper).find(({name, pid}) => name === 'sleep' && pid !== last);
        if (!seen) continue;
        send(seen, 'SIGKILL');
        last = seen.pid;
        kills++;
      }
      await until(
        'all to be back',
        () => t.ps().workers.every(({status}) => status === 'ready') && t.named('sleep').length === 4,
      );
      expect(t.read('twice')).toBe('');
      const pids = t.ps().workers.map(({pid}) => pid);
      expect(
        t
          .named('sleep')
          .map(({pid}) => pid)
          .sort(),
      ).toEqual(pids.sort());
    });
  });
});
