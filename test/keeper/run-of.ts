import {newRun, type Run} from '../../src/keeper/runs/run.ts';

/** Returns a run as a keeper has it that is not its parent, by default without a main process. */
export const runOf = (parts: Partial<Run> = {}): Run => ({
  ...newRun({
    token: 'a'.repeat(32),
    id: 'w/1',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 1000,
    logStart: {out: 0, err: 0},
  }),
  child: false,
  ...parts,
});
