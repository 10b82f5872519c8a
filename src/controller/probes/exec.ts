/** Ready when a program ends with exit code 0. */
import {poll, type Probe} from './probe.ts';

export const exec: Probe<'exec'> = ({argv, timeoutMs}, {cwd, env, ready}) => {
  const abort = new AbortController();
  const [program = '', ...args] = argv;
  const attempt = async (): Promise<boolean> => {
    // Loaded when a fleet has such a probe: execa costs 70 ms and 11 MB.
    const {execa} = await import('execa');
    const {exitCode} = await execa(program, args, {
      cwd,
      env,
      extendEnv: false,
      stdio: 'ignore',
      reject: false,
      timeout: timeoutMs,
      cancelSignal: abort.signal,
      forceKillAfterDelay: 1_000,
    });
    return exitCode === 0;
  };
  const end = poll(() => attempt().catch(() => false), ready, 100, 1_000);
  return () => {
    end();
    abort.abort();
  };
};
