/** Zombies and orphans: found within a sweep, reported in full, and treated as the fleet file specifies. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import type {FindingsReport} from '../../src/control/reports.ts';
import {TestFleet, until as waitUntil} from './harness.ts';
import {lives, look} from './processes.ts';
import {isRoot, ordinaryFleet, using} from './wrapped.ts';

/** Several interpreters start, and zombies count only after a second: a loaded machine needs more time. */
const until = <T>(what: string, probe: () => T | Promise<T>): ReturnType<typeof waitUntil<T>> =>
  waitUntil(what, probe, 40_000);

interface Diagnosis extends FindingsReport {
  readonly problems: readonly {kind: string; worker: string | null; message: string; advice: string}[];
  readonly fixes?: readonly {kind: string; fix: string; helped: boolean; words: string}[];
}

const python = (script: string) => ({run: ['python3', '-c', script]});
/** A parent that never waits for its child, which exits with 9. */
const forgetful = python('import os,time\nif os.fork()==0: os._exit(9)\ntime.sleep(1000)');
/** The same, but the parent waits on a SIGCHLD once the file `go` exists, and creates `heard` on one before. */
const attentive = python(
  "import os,time,signal\nsignal.signal(signal.SIGCHLD, lambda *a: os.waitpid(-1, os.WNOHANG) if os.path.exists('go') else open('heard','w').close())\nif os.fork()==0: os._exit(9)\nwhile True: time.sleep(1000)",
);
const quick = {
  backoff: {first: '0s', initial: '20ms', max: '20ms', jitter: '0%'},
  give_up: {restarts: 1000, within: '1s'},
};

const diagnose = (fleet: TestFleet, ...args: string[]): Diagnosis => fleet.json('doctor', ...args) as Diagnosis;

/** SIGALRM makes the supervisor sweep at once; otherwise it sweeps every five seconds. */
const sweep = (fleet: TestFleet): void => void process.kill(fleet.keeper, 'SIGALRM');

const found = (fleet: TestFleet, what: 'zombies' | 'orphans', worker: string) =>
  until(`${what} of ${worker}`, () => {
    sweep(fleet);
    const some = diagnose(fleet)[what].filter(one => one.worker === worker);
    return some.length > 0 && some;
  });

test('a zombie is reported with its parent, age and exit status, once when it is found and once when it is gone', async () => {
  await using(new TestFleet({fleet: 't', workers: {forgetful, well: {run: ['sleep', '1000']}}}), async fleet => {
    fleet.up('--wait');
    const parent = fleet.worker('forgetful').pid!;
    const [zombie] = (await found(fleet, 'zombies', 'forgetful')) as FindingsReport['zombies'];
    expect(zombie).toMatchObject({
      ppid: parent,
      parent: look(parent)?.name,
      instance: 1,
      exit: {code: 9, signal: null},
    });
    expect(look(zombie!.pid)).toMatchObject({state: 'Z', ppid: parent});
    expect(zombie!.ageMs).toBeGreaterThanOrEqual(1000);
    const {problems, zombies} = diagnose(fleet);
    expect(zombies).toHaveLength(1);
    const [problem] = problems.filter(({kind}) => kind === 'zombie');
    expect(problem).toMatchObject({worker: 'forgetful'});
    expect(problem?.message).toMatch(new RegExp(`process ${zombie!.pid} .*exit code 9, and its parent ${parent} `));
    expect(fleet.run('doctor').code).toBe(1);
    sweep(fleet);
    process.kill(parent, 'SIGKILL');
    await until('the zombie to be told of as gone', () => {
      sweep(fleet);
      return fleet.events('zombie-gone').some(({pid}) => pid === zombie!.pid);
    });
    expect(fleet.events('zombie-found').filter(({pid}) => pid === zombie!.pid)).toHaveLength(1);
  });
});

test('zombies: nudge sends SIGCHLD to the parent; zombies: restart restarts the worker, as after a failure', async () => {
  const workers = {
    nudged: {...attentive, zombies: 'nudge'},
    again: {...forgetful, ...quick, zombies: 'restart'},
    once: {...forgetful, zombies: 'restart', restart: 'never'},
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    const [nudged, again] = [fleet.worker('nudged'), fleet.worker('again')];
    // With the file there at the first SIGCHLD, the parent would wait without a nudge.
    await until('the exit of its child', () => existsSync(fleet.path('heard')));
    fleet.write('', 'go');
    await until('the nudged one to have waited', () => {
      sweep(fleet);
      return fleet.events('zombie-gone').some(({worker}) => worker === 'nudged');
    });
    const nudge = await until('the nudge', () => fleet.events('zombie-nudged')[0]);
    expect(nudge).toMatchObject({worker: 'nudged', pid: nudged.pid});
    expect(fleet.worker('nudged')).toMatchObject({pid: nudged.pid, restarts: 0});
    await fleet.successor('again', again.pid!);
    await until('why says so', () => /did not wait for an exited child/.test(fleet.run('why', 'again').out));
    const failed = await fleet.status('once', 'failed');
    expect(failed.reason).toMatch(/^left a zombie: its process \d+ \(python3?\S*\) exited and was not reaped$/);
  });
});

test('the zombie of a paused parent, which can not wait, is reported; the parent is neither nudged nor restarted', async () => {
  const family = python(
    "import os,time\np=os.fork()\nif p==0:\n while not os.path.exists('die'): time.sleep(0.01)\n os._exit(0)\nopen('forked','w').close()\nos.waitpid(p,0)\ntime.sleep(1000)",
  );
  await using(new TestFleet({fleet: 't', workers: {family: {...family, zombies: 'restart'}}}), async fleet => {
    fleet.up('--wait');
    await until('its child to be there', () => existsSync(fleet.path('forked')));
    const {pid} = fleet.worker('family');
    // Only the parent is stopped: the child must exit.
    process.kill(pid!, 'SIGSTOP');
    await until('it to be paused', () => fleet.worker('family').flags.includes('paused'));
    fleet.write('', 'die');
    await found(fleet, 'zombies', 'family');
    const [problem] = diagnose(fleet).problems.filter(({kind}) => kind === 'zombie');
    expect(problem?.advice).toMatch(/The parent is stopped/);
    sweep(fleet);
    process.kill(pid!, 'SIGCONT');
    await until('the zombie to be gone', () => {
      sweep(fleet);
      return fleet.events('zombie-gone').length > 0;
    });
    expect(fleet.worker('family')).toMatchObject({pid, restarts: 0});
  });
});

const dropper = {sh: '(setsid sleep 777 &) ; sleep 1000; :'};

test('an orphan is reported with its worker, and with its former parent if that was seen; it is kept until the run ends', async () => {
  const workers = {
    dropper,
    // The child outlives a sweep, and then its parent.
    slow: {
      sh: "sh -c 'sleep 778 & while [ ! -e go ]; do sleep 0.02; done' & wait $!; sleep 1000; :",
    },
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    const [dropped] = (await found(fleet, 'orphans', 'dropper')) as FindingsReport['orphans'];
    expect(dropped).toMatchObject({instance: 1, command: 'sleep 777'});
    expect(Date.parse(dropped!.adoptedAt!)).toBeGreaterThan(0);
    const child = await until('the child of slow', () =>
      fleet.named('sleep').find(({pid}) => fleet.run('status', 'slow').out.includes(`${pid} S sleep 778`)),
    );
    // A diagnosis looks at all processes, and thereby sees the parent.
    diagnose(fleet);
    fleet.write('', 'go');
    const orphans = (await found(fleet, 'orphans', 'slow')) as FindingsReport['orphans'];
    expect(orphans).toMatchObject([{pid: child.pid, formerParent: child.ppid, formerParentName: 'sh'}]);
    expect(diagnose(fleet).problems.filter(({kind}) => kind === 'orphan')).toHaveLength(2);
    expect(fleet.run('stop', 'dropper', 'slow').code).toBe(0);
    expect([dropped!.pid, child.pid].filter(lives)).toEqual([]);
    // Orphans that were ended are no longer reported.
    expect(diagnose(fleet).problems.filter(({kind}) => kind === 'orphan')).toEqual([]);
  });
});

test('orphans: kill ends orphans when they are found, also those that existed before the setting', async () => {
  await using(new TestFleet({fleet: 't', workers: {dropper}}), async fleet => {
    fleet.up('--wait');
    const [orphan] = (await found(fleet, 'orphans', 'dropper')) as FindingsReport['orphans'];
    const {pid} = fleet.worker('dropper');
    fleet.write({fleet: 't', workers: {dropper: {...dropper, orphans: 'kill'}}});
    expect(fleet.run('apply').code).toBe(0);
    await until('it to be killed', () => {
      sweep(fleet);
      return !lives(orphan!.pid);
    });
    const [killed] = await until('the event', () => {
      const all = fleet.events('orphan-killed');
      return all.length > 0 && all;
    });
    expect(killed).toMatchObject({worker: 'dropper', instance: 1, pid: orphan!.pid});
    expect(fleet.worker('dropper').pid).toBe(pid);
  });
});

test('doctor --fix asks at a terminal, refuses without one, and with --yes fixes problems and reports the results', async () => {
  await using(new TestFleet({fleet: 't', workers: {forgetful, dropper}}), async fleet => {
    fleet.up('--wait');
    const before = fleet.worker('forgetful').pid!;
    await found(fleet, 'zombies', 'forgetful');
    const [orphan] = (await found(fleet, 'orphans', 'dropper')) as FindingsReport['orphans'];
    const refused = fleet.run('doctor', '--fix');
    expect(refused).toMatchObject({code: 2, out: ''});
    expect(refused.err).toMatch(/needs a terminal; --yes/);
    const {fixes} = diagnose(fleet, '--fix', '--yes');
    // The restarted worker leaves a zombie again.
    expect(fixes).toMatchObject([{kind: 'zombie', helped: true}]);
    expect(fixes?.[0]?.words).toMatch(/forgetful\/1 was restarted, and it is gone/);
    expect(fleet.worker('forgetful').pid).not.toBe(before);
    expect(lives(orphan!.pid)).toBe(true);
  });
});

test('doctor --all finds the zombies of foreign processes without a running fleet', async () => {
  const script = 'import os,sys,time\nif os.fork()==0: os._exit(3)\nprint("up", flush=True)\ntime.sleep(1000)';
  const stranger = spawn('python3', ['-c', script], {stdio: ['ignore', 'pipe', 'inherit']});
  await using(new TestFleet({fleet: 't', workers: {w: {run: ['sleep', '1']}}}), async fleet => {
    try {
      await once(stranger.stdout, 'data');
      expect(fleet.run('doctor').code).toBe(3);
      expect(fleet.run('doctor').err).toMatch(/--all/);
      const {zombies} = diagnose(fleet, '--all');
      const [zombie] = zombies.filter(({ppid}) => ppid === stranger.pid);
      expect(zombie).toMatchObject({worker: null, exit: {code: 3, signal: null}});
      if (!isRoot) return;
      // Another user may not read the exit status, so it is null.
      await using(ordinaryFleet({fleet: 'o', workers: {w: {run: ['sleep', '1']}}}), other => {
        const seen = diagnose(other, '--all').zombies.find(({ppid}) => ppid === stranger.pid);
        expect(seen).toMatchObject({pid: zombie!.pid, exit: null});
      });
    } finally {
      stranger.kill('SIGKILL');
      if (stranger.exitCode === null && stranger.signalCode === null) await once(stranger, 'exit');
    }
  });
});

const runsAs = python(
  [
    'import os,time',
    'while not os.path.exists("go"): time.sleep(0.02)',
    'if os.fork()==0:',
    ' os.setsid()',
    ' if os.fork()==0:',
    '  os.setsid()',
    '  os.execve("/bin/sh", ["sh","-c",os.environ["WHAT"]], {})',
    ' os._exit(0)',
    'os.wait()',
    'time.sleep(1000)',
  ].join('\n'),
);

test('an orphan is attributed to its worker though it changed its session twice, cleared its environment and lived for an instant', async ({
  skip,
}) => {
  const workers = {
    brief: {...runsAs, env: {WHAT: 'exit 5'}},
    lasting: {...runsAs, env: {WHAT: 'exec sleep 1000'}},
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    // Without a cgroup or the connector no trace links such an orphan to its worker.
    skip(fleet.ps().supervisor.guarantees.lineage === 'lineage', 'no cgroup and no process connector here');
    fleet.write('', 'go');
    for (const worker of ['brief', 'lasting']) {
      await until(`the orphan of ${worker}`, () => {
        sweep(fleet);
        return fleet.events('orphan-adopted').some(event => event.worker === worker && event.instance === 1);
      });
    }
    expect(fleet.events('orphan-adopted').filter(({worker}) => worker === undefined)).toEqual([]);
    const [sleeping] = fleet.named('sleep');
    expect(fleet.run('stop', 'lasting').code).toBe(0);
    expect(lives(sleeping!.pid)).toBe(false);
  });
});

test('a deadlock is reported as a cycle, and --fix restarts one of its workers', async () => {
  const locker = (first: string, second: string) =>
    python(
      [
        'import fcntl,os,time',
        `a=open("${first}","a"); fcntl.flock(a,fcntl.LOCK_EX)`,
        // Both hold their first lock before either requests its second.
        `open("${first}.held","w").close()`,
        `while not os.path.exists("${second}.held"): time.sleep(0.01)`,
        // A restarted worker gets both locks once the other one has released them.
        `b=open("${second}","a"); fcntl.flock(b,fcntl.LOCK_EX)`,
        'open("through","w").close()',
        'fcntl.flock(b,fcntl.LOCK_UN); fcntl.flock(a,fcntl.LOCK_UN)',
        'time.sleep(1000)',
      ].join('\n'),
    );
  await using(new TestFleet({fleet: 't', workers: {left: locker('x', 'y'), right: locker('y', 'x')}}), async fleet => {
    fleet.up('--wait');
    type Link = {worker: string; holds: string; waitsFor: string; pid: number};
    const deadlocks = (): {cycle: Link[]}[] => (fleet.json('doctor') as {deadlocks: {cycle: Link[]}[]}).deadlocks;
    const [deadlock] = await until('the deadlock', () => {
      const all = deadlocks();
      return all.length > 0 && all;
    });
    const links = [...deadlock!.cycle].sort((a, b) => (a.worker < b.worker ? -1 : 1));
    expect(links).toMatchObject([
      {worker: 'left', pid: fleet.worker('left').pid, holds: fleet.path('x'), waitsFor: fleet.path('y')},
      {worker: 'right', pid: fleet.worker('right').pid, holds: fleet.path('y'), waitsFor: fleet.path('x')},
    ]);
    expect(fleet.run('doctor').out).toMatch(/^deadlock: .*left\/1 .* holds .*waits for/m);
    expect(diagnose(fleet, '--fix', '--yes').fixes).toMatchObject([{kind: 'deadlock', helped: true}]);
    await until('the other one to go on', () => existsSync(fleet.path('through')) && deadlocks().length === 0);
  });
});
