/**
 * Messages of a fleet's control socket: JSON-RPC 2.0, one message a line (docs/protocol.md). The client sends requests;
 * the controller sends responses and notifications (`progress`, `event`).
 */
import type {EventRecord} from '../journal/record.ts';
import type {FleetPlan} from '../supervisor/plan.ts';
import type {Status} from '../supervisor/types.ts';
import type {PsReport, InstanceDetail, LineageReport, FindingsReport, Outcomes} from './reports.ts';

export type {FleetPlan};

/** Maximum bytes of a client's line; a longer line ends the connection. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** Maximum requests in a batch. */
export const MAX_BATCH = 64;
/** Maximum requests under way on one connection. */
export const MAX_UNDER_WAY = 64;
/** Maximum unsent bytes for a client that does not read; beyond that, its connection is destroyed. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/** A target: a worker's name (all its instances), an instance (`web/2`), or, where allowed, a pid. */
export type Target = string;

/** Every method with its parameters and result. Waiting methods send `progress` notifications. */
export interface Methods {
  ping: {params: Record<string, never>; result: {pid: number; version: string; fleet: string; ready: boolean}};
  ps: {params: Record<string, never>; result: PsReport};
  status: {params: {targets: readonly Target[]}; result: {instances: readonly InstanceDetail[]}};
  lineage: {params: Record<string, never>; result: LineageReport};
  /** Zombies and orphans of the fleet. */
  findings: {params: Record<string, never>; result: FindingsReport};
  /** `start`, `stop` and `restart` respond on success or failure; after `timeoutMs`, with error `timeout`. */
  start: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  stop: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  restart: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  /** Restarts one instance after another; stops at the first failure and leaves the remaining instances as they are. */
  reload: {params: {targets: readonly Target[]; timeoutMs?: number}; result: Outcomes};
  pause: {params: {targets: readonly Target[]}; result: Outcomes};
  resume: {params: {targets: readonly Target[]}; result: Outcomes};
  /** Responds when every worker is ready, or one has failed. */
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
    /** `refused`: processes to which the signal could not be sent, while others received it. Absent: none. */
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
  /** Reads the fleet file again, applies the differences, and responds when that is done. */
  apply: {params: {timeoutMs?: number}; result: Outcomes};
  /** Returns what `apply` would do now. Values that look like secrets are masked. Changes nothing. */
  plan: {params: Record<string, never>; result: FleetPlan};
  /**
   * Stops every worker in reverse order, then the supervisor. Responds when the workers are down; then the connection
   * ends.
   */
  down: {params: {now?: boolean; timeoutMs?: number}; result: Outcomes};
  /**
   * Hands over to the programs in `code/CODE` of the fleet's folder. Responds at once; an event `upgraded` or
   * `upgrade-failed`, with `to`, reports the outcome. The connection may end before that event.
   */
  upgrade: {params: {code: string}; result: Record<string, never>};
  /** Starts `event` notifications on this connection, one for each journal line after `afterSeq`. */
  watch: {params: {afterSeq?: number}; result: {seq: number}};
  unwatch: {params: Record<string, never>; result: Record<string, never>};
  /** Binds the fleet to this connection: when the connection closes, for any reason, the fleet is stopped in order. */
  attach: {params: Record<string, never>; result: Record<string, never>};
}
export type Method = keyof Methods;
export type Params<M extends Method> = Methods[M]['params'];
export type Result<M extends Method> = Methods[M]['result'];

/** What a waiting request still waits for. */
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
  /** The request failed; exit code 1. */
  failed: -32000,
  /** No worker, instance or process of that name; exit code 1. `data.nearest` may hold a name. */
  unknownTarget: -32001,
  /** `timeoutMs` passed; exit code 124. */
  timeout: -32002,
  /** The supervisor is stopping and rejects the command; exit code 1. */
  stopping: -32003,
  /** The change could not be recorded (disk full); nothing was done; exit code 1. */
  notRecorded: -32004,
  /**
   * This connection has too many requests under way; nothing was done, and the client may retry later. With `id` null:
   * all connections are in use, and this one ends; `data` is `{connections, underWay}`.
   */
  busy: -32005,
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];
