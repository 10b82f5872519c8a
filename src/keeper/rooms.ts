/** Creates the rooms (the parts) of a keeper and connects them. */
import {mkdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {Fact, Loss} from '../link/facts.ts';
import {ELSEWHERE_THREADS} from '../posix/elsewhere.ts';
import {Epoll} from '../posix/epoll.ts';
import {PIPE_THREADS} from '../posix/pipe-threads.ts';
import {withPoolOf} from '../posix/pool.ts';
import {SOCKET_THREADS} from '../posix/socket-threads.ts';
import {writeError} from '../posix/standard-error.ts';
import {STORE_FDS} from './anchor/anchor.ts';
import {Launcher} from './anchor/launcher.ts';
import {Cgroups} from './cgroup/cgroup.ts';
import {strangersTo} from './cgroup/strangers.ts';
import {KeeperTrial} from './code/trial.ts';
import {CodeCare} from './code/watch.ts';
import {Link} from './controller/link.ts';
import {ControllerProcess} from './controller/process.ts';
import {Departure} from './departure.ts';
import {FolderCare} from './folder/folder.ts';
import {LastWord} from './folder/last-word.ts';
import {NO_LOCK, type Lock} from './folder/lock.ts';
import {Guarantees} from './guarantees/guarantees.ts';
import {Grants} from './inherited/inherited.ts';
import {Orphanages} from './lineage/orphanage.ts';
import {DISK_THREADS} from './logs/disk.ts';
import type {KeeperOptions} from './options.ts';
import {createOrders, apply, type Orders} from './orders.ts';
import {RunOutput} from './output/outputs.ts';
import {openPlace, PipeStore} from './pipe-store/store.ts';
import {Processes} from './processes.ts';
import {Reporting} from './reporting.ts';
import {readRecords} from './runs/record.ts';
import {holdersOf} from './runs/runs.ts';
import {isOver} from './runs/run.ts';
import {RecordCare} from './runs/watch.ts';
import {FleetEnd} from './shutdown.ts';
import {replaceImage} from './upgrade/exec.ts';
import {Upgrade, type UpgradeHost} from './upgrade/upgrade.ts';

/** One thread waits for events. Each of the others may block on a disk or on the sender of a descriptor. */
const POOL_THREADS = 1 + PIPE_THREADS + ELSEWHERE_THREADS + DISK_THREADS + SOCKET_THREADS;

export const logError = (message: string): void => writeError(`brood keeper: ${message}\n`);

/** The keeper's own reactions to events from its rooms. */
export interface KeeperEvents {
  /** Returns the first facts for a new controller. */
  welcome(lease: number, loss: Loss | null): readonly Fact[];
  controllerLost(pid: number | null, how: string, pauseMs: number): void;
  /** Another keeper holds this fleet: it is older, or no run lives here. */
  giveWay(by: number): void;
  /** Stops the periodic work. */
  stopTimers(): void;
  /** The process may exit. */
  leave(): void;
}

export class KeeperRooms {
  readonly options: KeeperOptions;
  readonly folder: string;
  readonly runsFolder: string;
  readonly lock: Lock;
  readonly epoll = withPoolOf(POOL_THREADS, () => new Epoll());
  readonly reporting = new Reporting(() => this.link);
  readonly launcher: Launcher;
  readonly cgroups: Cgroups | null;
  readonly store: PipeStore;
  readonly grants: Grants;
  readonly output: RunOutput;
  /** The controller started by an earlier image of this process. */
  readonly inherited: ControllerProcess | null;
  readonly orphanages: Orphanages;
  readonly lastWord: LastWord;
  readonly processes: Processes;
  readonly guarantees: Guarantees;
  readonly trial: KeeperTrial;
  readonly link: Link;
  readonly upgrade: Upgrade;
  readonly fleetEnd: FleetEnd;
  readonly care: FolderCare;
  readonly departure: Departure;
  readonly #orders: Orders;
  readonly #events: KeeperEvents;

  constructor(options: KeeperOptions, lock: Lock, events: KeeperEvents) {
    const {folder, code, anchor, store, launched, replaced} = options;
    this.options = options;
    this.folder = folder;
    this.lock = lock;
    this.#events = events;
    this.runsFolder = join(folder, 'runs');
    if (!options.remains) mkdirSync(this.runsFolder, {recursive: true, mode: 0o700});
    const {say} = this.reporting;
    this.launcher = new Launcher(launched, anchor);
    const cgroups = Cgroups.open(basename(folder), {strangerAmong: strangersTo([anchor, this.launcher.pid])});
    this.cgroups = cgroups instanceof Cgroups ? cgroups : null;
    this.store = new PipeStore(openPlace(replaced?.store ?? (store ? STORE_FDS : null)));
    this.grants = this.#createGrants();
    this.output = new RunOutput(this.runsFolder, this.epoll, say, undefined, this.store);
    const under = replaced?.upgrade ?? null;
    this.inherited =
      under && ControllerProcess.takeUp(under.controller, under.link, {order: () => {}, ended: () => {}});
    this.orphanages = new Orphanages(folder, boot =>
      readRecords(this.runsFolder).some(({intent}) => intent === null || intent.boot === boot),
    );
    // Without a lock, the folder may be another user's.
    this.lastWord = new LastWord(lock === NO_LOCK ? null : folder);
    // Noted now: a later keeper cannot find out.
    this.lastWord.note(null, this.orphanages.whyHelpersAstray());
    this.processes = this.#createProcesses();
    const {connector, unattributed} = this.processes;
    this.guarantees = new Guarantees({
      cgroups,
      connector,
      unattributed,
      code,
      store: this.store,
      folder,
      emitFact: say,
    });
    const outside = <T>(start: () => T): T => (this.cgroups ? this.cgroups.outside(start) : start());
    this.trial = new KeeperTrial(outside);
    this.link = this.#createLink(outside);
    this.upgrade = this.#createUpgrade();
    this.fleetEnd = this.#createFleetEnd();
    this.care = this.#createCare();
    this.departure = new Departure(this, events);
    this.#orders = createOrders(this);
  }

  #createGrants(): Grants {
    const {folder, replaced} = this.options;
    const {say, repaired, channelLost} = this.reporting;
    return new Grants(folder, replaced?.sockets ?? [], this.store, {
      holdersOf: address => holdersOf(this.processes.runs, address),
      outdated: tokens => say({type: 'outdated', tokens}),
      repaired: message => repaired('channel', message),
      lost: channelLost,
    });
  }

  #createProcesses(): Processes {
    const {replaced} = this.options;
    return new Processes({
      orphanages: this.orphanages,
      folder: this.runsFolder,
      cgroups: this.cgroups,
      epoll: this.epoll,
      output: this.output,
      grants: this.grants,
      queue: this.store.queue,
      lease: () => this.link.lease,
      emitFact: this.reporting.say,
      keptNotifications: replaced?.notifications ?? null,
      hidden: new Map(replaced?.hidden ?? []),
      isSpawned: pid => this.link.isSpawned(pid) || this.trial.isSpawned(pid),
      inherited: pid => {
        const controller = this.inherited;
        if (controller?.pid !== pid) return null;
        return end => controller.endProcess(end.signal ?? `exit code ${end.code ?? '?'}`);
      },
      over: () => this.fleetEnd.checkAllEnded(),
      astray: (id, words) => this.lastWord.note(id, words),
    });
  }

  #createLink(outside: <T>(start: () => T) => T): Link {
    const {folder, code} = this.options;
    return new Link({
      folder,
      outside,
      store: this.store.queue?.receive ?? null,
      command: () => code.controller(folder),
      welcome: (lease, loss) => this.#events.welcome(lease, loss),
      order: order => apply(this.#orders, order),
      lost: (pid, how, pauseMs) => this.#events.controllerLost(pid, how, pauseMs),
    });
  }

  #createUpgrade(): Upgrade {
    const {folder, code, anchor, replaced} = this.options;
    const host: UpgradeHost = {
      folder,
      code,
      link: this.link,
      trial: this.trial,
      emitFact: this.reporting.say,
      become: (program, upgrade, failed) => {
        const next = {
          lock: this.lock.fd,
          upgrade,
          failed,
          sockets: this.grants.kept,
          notifications: this.processes.lives.notifications.kept,
          hidden: this.processes.hidden(),
          store: this.store.queue,
        };
        return replaceImage(code, program, {folder, anchor, ending: this.fleetEnd.asked, replaced: next});
      },
    };
    return new Upgrade(host, replaced);
  }

  #createCare(): FolderCare {
    const {folder, code, anchor} = this.options;
    const {runs} = this.processes;
    const records = new RecordCare(this.runsFolder, runs);
    return new FolderCare({
      folder,
      isLogged: anchor !== 1,
      lock: this.lock,
      parts: {
        records: () => records.repairRecords(),
        'orphanage.json': () => this.orphanages.repairFile(),
        channels: () => this.grants.repairPipeNames(),
      },
      code: new CodeCare(join(folder, 'code'), code),
      hasRuns: () => [...runs.all()].some(run => !isOver(run)),
      repaired: this.reporting.repaired,
      taken: by => this.#events.giveWay(by),
      lost: message => {
        writeError(`brood keeper: ${message}: ending the fleet\n`);
        this.fleetEnd.ask('SIGTERM');
      },
      logError,
    });
  }

  #createFleetEnd(): FleetEnd {
    return new FleetEnd({
      runs: this.processes.runs,
      link: () => this.link,
      emitFact: this.reporting.say,
      endRun: (run, signal, timeoutMs) => this.processes.end(run, signal, timeoutMs),
      allEnded: stopped => (stopped ? this.departure.afterStop() : this.departure.goingOn()),
    });
  }
}
