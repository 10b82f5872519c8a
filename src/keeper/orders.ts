/** The keeper's actions, by order. */
import {SIGCONT} from '../posix/signal-numbers.ts';
import type {Grants} from './inherited/inherited.ts';
import type {Departure} from './departure.ts';
import type {Launcher} from './anchor/launcher.ts';
import type {Link} from './controller/link.ts';
import type {Order, OrderOf, OrderType, Reply} from '../link/orders.ts';
import type {Orphanages} from './lineage/orphanage.ts';
import type {Processes} from './processes.ts';
import type {RunOutput} from './output/outputs.ts';
import {freezeRun, setNice, signalProcess, signalRun} from './stop/signals.ts';
import type {Upgrade} from './upgrade/upgrade.ts';

export interface OrdersHost {
  readonly processes: Processes;
  readonly output: RunOutput;
  readonly grants: Grants;
  readonly link: Link;
  readonly upgrade: Upgrade;
  readonly launcher: Launcher;
  readonly orphanages: Orphanages;
  readonly departure: Departure;
}

export type Orders = {readonly [T in OrderType]: (order: OrderOf<T>) => void};

export function createOrders({
  processes,
  output,
  grants,
  link,
  upgrade,
  launcher,
  orphanages,
  departure,
}: OrdersHost): Orders {
  const {runs, lives} = processes;
  const reply = (ask: number, said: Reply): void => link.send({type: 'reply', ask, reply: said});
  return {
    spawn: order => lives.spawn(order),
    end({token, signal, timeoutMs}) {
      const run = runs.get(token);
      if (run) processes.end(run, signal, timeoutMs);
      else lives.callOff(token);
    },
    clear({token, graceMs}) {
      const run = runs.get(token);
      if (run) processes.clear(run, graceMs);
    },
    forget({tokens}) {
      for (const token of tokens) lives.forget(token);
    },
    signal: ({ask, pid, startTime, signal}) => reply(ask, signalProcess(pid, startTime, signal)),
    'signal-run': ({ask, token, signal, tree}) => reply(ask, signalRun(runs.get(token), signal, tree)),
    freeze: ({ask, token}) => reply(ask, freezeRun(runs.get(token))),
    thaw: ({ask, token}) => reply(ask, signalRun(runs.get(token), SIGCONT, true)),
    nice: ({ask, pid, startTime, nice}) => reply(ask, setNice(pid, startTime, nice)),
    listen({ask, token}) {
      const run = runs.get(token);
      if (run) lives.listen(run);
      reply(ask, {ok: run !== undefined, error: run ? null : 'ESRCH', pids: []});
    },
    'look-for-orphans'({ask}) {
      processes.lookForOrphans();
      reply(ask, {ok: true, error: null, pids: []});
    },
    watch: ({token}) => output.watch(token),
    unwatch: ({token}) => output.unwatch(token),
    'reopen-logs': () => output.reopen(),
    channels: ({channels}) => void grants.keepOnly(channels),
    ready() {
      launcher.reportToLauncher('ready');
      upgrade.ready();
    },
    beat: () => link.send({type: 'beat'}),
    'helper-started': () => orphanages.noteHelper(),
    prepared: () => {}, // comes from a controller without a lease; see Upgrade
    upgrade: ({code}) => upgrade.begin(code),
    'hand-over': () => upgrade.handOver(),
    'keep-lease': ({message}) => upgrade.cancel(message),
    leave: () => departure.afterStop(), // all is recorded and nothing runs
  };
}

/** @param type the order's type; a controller of another version may send a type that is unknown here */
function applyAs<T extends OrderType>(orders: Partial<Orders>, type: T, order: OrderOf<T>): void {
  orders[type]?.(order);
}

export const apply = (orders: Orders, order: Order): void => applyAs(orders, order.type, order);
