import type {Run} from '../../src/keeper/run.ts';

/** A run as a keeper has it, with a main process that lives unless told otherwise. */
export const runOf = (parts: Partial<Run> = {}): Run => ({
  token: 'a'.repeat(32),
  id: 'w/1',
  stopSignal: 'SIGTERM',
  stopTimeoutMs: 1000,
  logStart: {out: 0, err: 0},
  pid: null,
  startTime: null,
  startedAt: null,
  pidfd: null,
  child: false,
  adopted: false,
  paused: false,
  exit: null,
  failure: null,
  cleared: null,
  cgroup: null,
  output: null,
  orphans: new Map(),
  known: new Map(),
  ...parts,
});
