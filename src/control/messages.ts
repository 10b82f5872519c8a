/**
 * What is said on a fleet's control socket: JSON-RPC 2.0, one message a line (docs/protocol.md). Requests from the
 * client, answers and notifications (`progress`, `event`) from the controller.
 */
import type {EventRecord} from '../journal/record.ts';
import type {FleetPlan} from '../supervisor/plan.ts';
import type {Status} from '../supervisor/types.ts';
import type {PsReport, InstanceDetail, LineageReport, FindingsReport, Outcomes} from './reports.ts';

export type {FleetPlan};

/** Bytes a client's line may have; a longer one ends the connection. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** Requests that a batch may hold. */
export const MAX_BATCH = 64;
/** Requests that may be under way on one connection. */
export const MAX_UNDER_WAY = 64;
/** Bytes that may wait for a client that does not read; beyond, its connection is destroyed. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/** A target: a worker's name (all its instances), an instance (`web/2`), or where it is allowed a pid. */
export type Target = string;

/** Every method: what it takes and what it gives. Waiting methods send `progress` notifications. */
export interface Methods {
  ping: {params: Record<string, never>; result: {pid: number; version: string; fleet: string; ready: boolean}};
  ps: {params: Record<string, never>; result: PsReport};
  status: {params: {targets: readonly Target[]}; result: {instances: readonly InstanceDetail[]}};
  lineage: {params: Record<string, never>; result: LineageReport};
  /** Zombies and orphans of the fleet. */
  findings: {params: Record<string, never>; result: FindingsReport};
  /** Answer when it is so, or failed; after `timeoutMs` with error `timeout`. */
  start: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  stop: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  restart: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  /** One instance after another; it ends at the first that fails, and those after that stay as they are. */
  reload: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  pause: {params: {targets: readonly Target[]}; result: Outcomes};
  resume: {params: {targets: readonly Target[]}; result: Outcomes};
  /** Answers when every worker is ready, or one failed. */
  wait: {params: {targets?: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  add: {
    params: {
      name?: string;
      argv: readonly string[];
      restart?: string;
      cwd: string;
      env?: Readonly<Record<string, string>>;
    };
    result: Outcomes;
  };
  remove: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  scale: {params: {counts: Readonly<Record<string, number>>; timeoutMs?: number}; result: Outcomes};
  signal: {
    params: {signal: string; targets: readonly Target[]; tree?: boolean};
    /** `refused`: those that it could not be sent to, though others got it. Not there: none. */
    result: {
      sent: readonly {pid: number; id: string | null}[];
      refused?: readonly {pid: number; id: string | null; message: string}[];
    };
  };
  nice: {
    params: {nice: number; targets: readonly Target[]};
    result: {set: readonly {pid: number; id: string | null; nice: number}[]};
  };
  alarm: {
    params: {target: Target; seconds: number};
    result: {instances: readonly {id: string; secondsLeftBefore: number}[]};
  };
  /** Reads the fleet file again and applies it: changes what differs, answers when that is done. */
  apply: {params: {timeoutMs?: number}; result: Outcomes};
  /** What `apply` would do now. Values that look like secrets are masked. Changes nothing. */
  plan: {params: Record<string, never>; result: FleetPlan};
  /** Stops every worker in reverse order, then the supervisor. Answers when the workers are down; then the connection ends. */
  down: {params: {now?: boolean; timeoutMs?: number}; result: Outcomes};
  /**
   * The programs that lie in `code/CODE` of the fleet's folder are to take over. Answers at once; an event `upgraded` or
   * `upgrade-failed`, with `to`, says how it went, and the connection may end before.
   */
  upgrade: {params: {code: string}; result: Record<string, never>};
  /** From now on this connection gets an `event` notification for each journal line after `afterSeq`. */
  watch: {params: {afterSeq?: number}; result: {seq: number}};
  unwatch: {params: Record<string, never>; result: Record<string, never>};
  /** The fleet lives with this connection: when it closes, in whatever manner, the fleet is stopped in order. */
  attach: {params: Record<string, never>; result: Record<string, never>};
}
export type Method = keyof Methods;
export type Params<M extends Method> = Methods[M]['params'];
export type Result<M extends Method> = Methods[M]['result'];

/** What a waiting command still waits for. */
export interface Progress {
  /** Id of the request. */
  readonly request: number | string;
  readonly waiting: readonly {readonly id: string; readonly status: Status; readonly reason: string | null}[];
}

export interface Notifications {
  event: EventRecord;
  progress: Progress;
}

/** Error codes: those of JSON-RPC 2.0, and brood's own from -32000 downwards. */
export const ErrorCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** It could not be done; exit code 1. */
  failed: -32000,
  /** No worker, instance or process of that name; exit code 1. `data.nearest` may hold a name. */
  unknownTarget: -32001,
  /** `timeoutMs` passed; exit code 124. */
  timeout: -32002,
  /** The supervisor is stopping and takes no such command; exit code 1. */
  stopping: -32003,
  /** The change could not be recorded (disk full); nothing was done; exit code 1. */
  notRecorded: -32004,
  /**
   * This connection has too many requests under way; nothing was done, ask again later. With `id` null: all connections are
   * in use, and this one ends; `data` is `{connections, underWay}`.
   */
  busy: -32005,
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];
