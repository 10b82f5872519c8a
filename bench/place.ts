/** The place of one measurement: a folder, and a tag that identifies all processes started from it. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {endTagged, TAG} from './processes.ts';
import {Pulse} from './pulse.ts';

export interface Place {
  readonly folder: string;
  /** The environment of the supervisor: the tag, and the log to which workers write their start. */
  readonly env: NodeJS.ProcessEnv;
  readonly beats: Pulse;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `measurement` in a fresh place. However it ends, no process and no file of it remains. */
export async function inPlace<T>(name: string, measurement: (place: Place) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const log = join(folder, 'pulse.log');
  const tag = `${TAG}=${folder}`;
  const beats = new Pulse(log);
  const remove = (): void => rmSync(folder, {recursive: true, force: true, maxRetries: 5, retryDelay: 200});
  // The supervisors lead sessions of their own, so Ctrl-C does not reach them.
  const state = {ending: false};
  const interrupted = (signal: NodeJS.Signals): void => {
    state.ending = true;
    void endTagged(tag)
      .finally(remove)
      .finally(() => {
        for (const one of SIGNALS) process.off(one, interrupted);
        process.kill(process.pid, signal);
      });
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  try {
    return await measurement({folder, env: {...process.env, PULSE_LOG: log, [TAG]: folder}, beats});
  } finally {
    await endTagged(tag);
    // The signal handler ends this program; no other measurement may begin before that.
    if (state.ending) await new Promise(() => undefined);
    beats.close();
    for (const signal of SIGNALS) process.off(signal, interrupted);
    remove();
  }
}
