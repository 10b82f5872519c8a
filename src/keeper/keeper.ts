/**
 * The keeper: parent and subreaper of all workers. It does everything and decides nothing: orders come from the
 * controller, facts go to it. Here its parts are put together.
 */
import {mkdirSync} from 'node:fs';
import {getPriority} from 'node:os';
import {basename, join} from 'node:path';
import {removeTraces} from './runs/recovery.ts';
import {STORE_FDS} from './anchor/anchor.ts';
import type {Replaced} from './handover.ts';
import {Cgroups} from './cgroup/cgroup.ts';
import type {Code} from './code/installed.ts';
import {CodeCare} from './code/watch.ts';
import {restoreCode} from './code/restore.ts';
import {ControllerProcess} from './controller/process.ts';
import {FleetEnd} from './shutdown.ts';
import {FolderCare} from './folder/folder.ts';
import {Grants} from './inherited/inherited.ts';
import {Guarantees} from './guarantees/guarantees.ts';
import {KeeperTrial} from './code/trial.ts';
import {LastWord} from './folder/last-word.ts';
import {Launcher} from './anchor/launcher.ts';
import {Link} from './controller/link.ts';
import {NO_LOCK, type Lock} from './folder/lock.ts';
import {DISK_THREADS} from './logs/disk.ts';
import type {Fact, Loss} from '../link/facts.ts';
import {createOrders, obey} from './orders.ts';
import {Orphanages} from './lineage/orphanage.ts';
import {openPlace, PipeStore} from './pipe-store/store.ts';
import {Processes} from './processes.ts';
import {readRecords} from './runs/record.ts';
import {RecordCare} from './runs/watch.ts';
import {replaceImage} from './upgrade/exec.ts';
import {strangersTo} from './cgroup/strangers.ts';
import {RunOutput} from './output/outputs.ts';
import {factOf, isOver, type Run} from './runs/run.ts';
import {cleanUpStopped, markStopped} from './stopped-marker.ts';
import {Upgrade} from './upgrade/upgrade.ts';
import type {SupervisorSignal} from '../posix/early-signals.ts';
import {writeError} from '../posix/standard-error.ts';
import {ELSEWHERE_THREADS} from '../posix/elsewhere.ts';
import {Epoll} from '../posix/epoll.ts';
import {PIPE_THREADS} from '../posix/pipe-threads.ts';
import {withPoolOf} from '../posix/pool.ts';
import {SOCKET_THREADS} from '../posix/socket-threads.ts';
import {startTimeOf} from '../process/stat.ts';

const complain = (message: string): void => writeError(`brood keeper: ${message}\n`);

const SWEEP_MS = 5_000;
/** One waits for events; each of the others may be held up by a disk, or by whoever has passed a descriptor. */
const POOL_THREADS = 1 + PIPE_THREADS + ELSEWHERE_THREADS + DISK_THREADS + SOCKET_THREADS;
/** What a next controller is told of as well. */
const UNSAID: ReadonlySet<Fact['type']> = new Set(['repaired', 'channel-lost']);
/** So many controllers that end before the first one has come up: it won't. */
const HOPELESS = 3;

const isAlive = (run: Run | undefined): boolean => run !== undefined && run.pid !== null && run.exit === null;

export interface KeeperOptions {
  /** The fleet's folder. */
  readonly folder: string;
  readonly code: Code;
  readonly anchor: number | null;
  /** The anchor has handed on its queue of pipes. */
  readonly store: boolean;
  readonly ending: boolean;
  /** Descriptor 3 leads to a launcher that waits. */
  readonly launched: boolean;
  readonly replaced: Replaced | null;
  /** There is no fleet in the folder any more: what is left of it is ended. */
  readonly remains: boolean;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #lock: Lock;
  readonly #leave: () => void;
  readonly #startedAt = Date.now();
  readonly #runsFolder: string;
  readonly #epoll = withPoolOf(POOL_THREADS, () => new Epoll());
  readonly #store: PipeStore;
  readonly #output: RunOutput;
  readonly #cgroups: Cgroups | null;
  readonly #grants: Grants;
  readonly #guarantees: Guarantees;
  readonly #processes: Processes;
  readonly #link: Link;
  readonly #launcher: Launcher;
  readonly #fleetEnd: FleetEnd;
  readonly #trial: KeeperTrial;
  readonly #upgrade: Upgrade;
  readonly #lastWord: LastWord;
  readonly #orphanages: Orphanages;
  readonly #care: FolderCare;
  /** The controller that an earlier image of this process has started. */
  readonly #inherited: ControllerProcess | null;
  readonly #sweeper: NodeJS.Timeout;
  readonly #repaired: (what: string, message: string) => void;
  /** What was put back while there was no controller: the next one is told. */
  readonly #unsaid: Fact[] = [];
  /** Controllers that were lost. */
  #lost = 0;
  #left = false;

  constructor(options: KeeperOptions, lock: Lock, leave: () => void) {
    const {folder, code, anchor, store, launched, replaced} = options;
    this.#options = options;
    this.#lock = lock;
    this.#leave = leave;
    this.#launcher = new Launcher(launched, anchor);
    this.#runsFolder = join(folder, 'runs');
    if (!options.remains) mkdirSync(this.#runsFolder, {recursive: true, mode: 0o700});
    const say = (fact: Fact): void => {
      // Of all else, its welcome tells the next controller how it is.
      if (this.#link.pid === null && UNSAID.has(fact.type)) this.#unsaid.push(fact);
      else this.#link.send(fact);
    };
    const cgroups = Cgroups.open(basename(folder), {strangerAmong: strangersTo([anchor, this.#launcher.pid])});
    const repaired = (what: string, message: string): void => {
      writeError(`brood keeper: repaired ${what}: ${message}\n`);
      say({type: 'repaired', what, message});
    };
    this.#repaired = repaired;
    this.#cgroups = cgroups instanceof Cgroups ? cgroups : null;
    this.#store = new PipeStore(openPlace(replaced?.store ?? (store ? STORE_FDS : null)));
    this.#grants = new Grants(folder, replaced?.sockets ?? [], this.#store, {
      holdersOf: address => this.#holdersOf(address),
      outdated: tokens => say({type: 'outdated', tokens}),
      repaired: message => repaired('channel', message),
      lost: (channel, message) => {
        writeError(`brood keeper: channel ${channel} is lost: ${message}\n`);
        say({type: 'channel-lost', channel, message});
      },
    });
    this.#output = new RunOutput(this.#runsFolder, this.#epoll, say, undefined, this.#store);
    const under = replaced?.upgrade ?? null;
    const unheard = {order: () => {}, ended: () => {}};
    this.#inherited = under && ControllerProcess.takeUp(under.controller, under.link, unheard);
    const orphanages = new Orphanages(folder, boot =>
      readRecords(this.#runsFolder).some(({intent}) => intent === null || intent.boot === boot),
    );
    this.#orphanages = orphanages;
    // Without a lock, the folder may be another user's.
    this.#lastWord = new LastWord(lock === NO_LOCK ? null : folder);
    // A later keeper does not know any more that it was so.
    this.#lastWord.note(null, orphanages.whyErrandsAstray());
    this.#processes = new Processes({
      orphanages,
      folder: this.#runsFolder,
      cgroups: this.#cgroups,
      epoll: this.#epoll,
      output: this.#output,
      grants: this.#grants,
      queue: this.#store.queue,
      lease: () => this.#link.lease,
      say,
      keptVoices: replaced?.voices ?? null,
      hidden: new Map(replaced?.hidden ?? []),
      isSpawned: pid => this.#link.isSpawned(pid) || this.#trial.isSpawned(pid),
      inherited: pid => {
        const controller = this.#inherited;
        if (controller?.pid !== pid) return null;
        return end => controller.end(end.signal ?? `exit code ${end.code ?? '?'}`);
      },
      cleared: () => this.#fleetEnd.look(),
      astray: (id, words) => this.#lastWord.note(id, words),
    });
    const {connector, unattributed} = this.#processes;
    this.#guarantees = new Guarantees({cgroups, connector, unattributed, code, store: this.#store, folder, say});
    const outside = <T>(start: () => T): T => (this.#cgroups ? this.#cgroups.outside(start) : start());
    this.#trial = new KeeperTrial(outside);
    this.#link = new Link({
      folder,
      outside,
      store: this.#store.queue?.receive ?? null,
      command: () => code.controller(folder),
      welcome: (lease, loss) => [this.#welcome(lease, loss), ...this.#unsaid.splice(0), ...this.#outdated()],
      order: order => obey(orders, order),
      lost: (pid, how, pause) => this.#controllerLost(pid, how, pause),
    });
    this.#upgrade = new Upgrade(
      {
        folder,
        code,
        link: this.#link,
        trial: this.#trial,
        say,
        become: (program, upgrade, failed) => {
          const next = {
            lock: lock.fd,
            upgrade,
            failed,
            sockets: this.#grants.kept,
            voices: this.#processes.lives.voices.kept,
            hidden: this.#processes.hidden(),
            store: this.#store.queue,
          };
          replaceImage(code, program, {folder, anchor, ending: this.#fleetEnd.asked, replaced: next});
        },
      },
      replaced,
    );
    this.#fleetEnd = new FleetEnd({
      runs: this.#processes.runs,
      link: () => this.#link,
      say,
      endRun: (run, signal, timeoutMs) => this.#processes.end(run, signal, timeoutMs),
      allEnded: stopped => (stopped ? this.#endStrays() : this.#goAway(false)),
    });
    const orders = createOrders({
      processes: this.#processes,
      output: this.#output,
      grants: this.#grants,
      link: this.#link,
      upgrade: this.#upgrade,
      launcher: this.#launcher,
      orphanages,
      leave: () => this.#endStrays(),
    });
    this.#care = new FolderCare({
      folder,
      isLogged: anchor !== 1,
      lock,
      parts: {
        records: new RecordCare(this.#runsFolder, this.#processes.runs),
        'orphanage.json': orphanages,
        channels: {look: () => this.#grants.lookAtPipes()},
      },
      code: new CodeCare(join(folder, 'code'), code),
      hasRuns: () => [...this.#processes.runs.all()].some(run => !isOver(run)),
      repaired,
      taken: by => this.#giveWay(by),
      lost: message => {
        writeError(`brood keeper: ${message}: the fleet is ended\n`);
        this.#fleetEnd.ask('SIGTERM');
      },
      complain,
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Takes up what an earlier keeper left, then starts the controller. */
  start(): void {
    this.#processes.takeUp();
    if (this.#options.remains) {
      this.#care.close();
      this.#fleetEnd.endRemains();
      return;
    }
    this.#care.begin(this.#options.launched);
    if (!this.#options.launched) {
      restoreCode({
        folder: this.#options.folder,
        code: this.#options.code,
        trial: this.#trial,
        repaired: message => this.#repaired('code', message),
        complain,
      });
    }
    if (this.#options.ending) this.#fleetEnd.ask('SIGTERM');
    const upgrade = this.#options.replaced?.upgrade;
    if (upgrade && this.#inherited) this.#upgrade.resume(upgrade, this.#inherited);
    else this.#link.start();
  }

  /** A signal that was sent to the keeper, or passed on by its anchor. */
  handle(signal: SupervisorSignal): void {
    switch (signal) {
      case 'SIGCHLD':
        this.#processes.childrenChanged();
        return;
      case 'SIGALRM':
        this.#sweep();
        this.#link.send({type: 'signalled', signal, again: false});
        return;
      case 'SIGTERM':
      case 'SIGINT':
      case 'SIGQUIT':
        this.#fleetEnd.ask(signal);
        return;
      case 'SIGUSR1':
        this.#output.reopen();
        return;
      case 'SIGHUP':
      case 'SIGUSR2':
        this.#link.send({type: 'signalled', signal, again: false});
        return;
      case 'SIGTSTP':
        return; // there is no terminal; what a foreground `up` gets, it passes on as orders
    }
  }

  #welcome(lease: number, loss: Loss | null): Fact {
    this.#output.unwatchAll();
    return {
      type: 'welcome',
      lease,
      keeper: process.pid,
      keeperStartTime: startTimeOf(process.pid) ?? '',
      anchor: this.#options.anchor,
      startedAt: this.#startedAt,
      nice: getPriority(0),
      ...this.#guarantees.current(),
      lost: this.#lost,
      code: this.#options.code.current,
      loss,
      failedUpgrade: this.#upgrade.takeFailed(),
      ending: this.#fleetEnd.asked,
      runs: [...this.#processes.runs.all()].map(factOf),
      orphans: this.#processes.orphans(),
      held: this.#output.held(),
    };
  }

  #holdersOf(address: string): string[] {
    const runs = [...this.#processes.runs.all()].filter(
      run => isAlive(run) && run.intent?.sockets?.some(socket => socket.address === address),
    );
    return runs.map(({token}) => token);
  }

  /** Told to each controller, until they are replaced. */
  #outdated(): Fact[] {
    const tokens = this.#grants.outdated(token => isAlive(this.#processes.runs.get(token)));
    return tokens.length === 0 ? [] : [{type: 'outdated', tokens}];
  }

  #controllerLost(pid: number | null, how: string, pauseMs: number): void {
    this.#lost++;
    const next = pauseMs > 0 ? `in ${pauseMs} ms` : 'now';
    writeError(`brood keeper: controller ${pid ?? ''} ended (${how}), the next one starts ${next}\n`);
    this.#upgrade.cancel(`the controller ended in the middle of it (${how})`);
    this.#fleetEnd.controllerLost();
    if (!this.#launcher.waits || this.#lost < HOPELESS) return;
    // Whoever asked for a fresh start is told, and all is left as it was found: adopted workers run on, unwatched.
    this.#launcher.tell(`failed the controller does not start (${how})`);
    this.#fleetEnd.withoutController();
  }

  /** First what makes this keeper the only one. */
  #sweep(): void {
    this.#care.look();
    this.#grants.lookAtSockets();
    this.#processes.sweep();
    this.#guarantees.tellChanges();
  }

  /** Another keeper holds this fleet by an older lock, or by a newer one and nothing runs here. */
  #giveWay(by: number): void {
    writeError(`brood keeper: keeper ${by} holds this fleet; this one ends what it has started itself, and leaves\n`);
    this.#launcher.tell(`refused ${by}`);
    this.#fleetEnd.withoutController();
  }

  #endStrays(): void {
    const controller = this.#link.pid;
    this.#link.close();
    // Who waits for the end of the fleet looks for anchor and keeper, and then there is to be nobody.
    this.#processes.endStrays(controller, survivors => {
      this.#lastWord.note(null, this.#orphanages.whyErrandsAstray());
      this.#lastWord.end(survivors, this.#processes.unattributed.left());
      this.#link.whenLeft(() => this.#goAway(true));
    });
  }

  /** `stopped`: the fleet was stopped, so the next `up` begins anew; else it goes on from the snapshot. */
  #goAway(stopped: boolean): void {
    if (this.#left) return;
    this.#left = true;
    clearInterval(this.#sweeper);
    this.#care.close();
    this.#link.close();
    if (stopped) void this.#grants.close().then(() => this.#leaveStopped());
    else {
      for (const run of this.#processes.runs.all())
        if (isOver(run)) removeTraces(this.#runsFolder, run.token, run.intent);
      this.#cgroups?.close();
      this.#leaveLast();
    }
  }

  #leaveStopped(): void {
    markStopped(this.#options.folder);
    cleanUpStopped(this.#options.folder);
    this.#leaveLast();
  }

  #leaveLast(): void {
    this.#processes.connector.now?.close();
    this.#epoll.close();
    try {
      this.#lock.release();
    } finally {
      this.#leave();
    }
  }
}
