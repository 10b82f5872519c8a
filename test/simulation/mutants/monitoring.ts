/** Bugs in the supervision of a run: readiness, deadlines, health checks, watchdog, memory and zombies. */
import type {Mutant} from './mutant.ts';

export const MONITORING_MUTANTS: readonly Mutant[] = [
  {
    bug: 'accepts READY=1 from a worker whose readiness is determined otherwise',
    file: 'readiness.ts',
    from: `saysReady(spec) ? becomeReady(instance) : [instance, []]`,
    to: `becomeReady(instance)`,
  },
  {
    bug: 'ends a paused run for a missed readiness deadline',
    file: 'deadlines.ts',
    from: `if (run.pausedAt === null) {`,
    to: `{`,
  },
  {
    bug: 'delays other deadlines when one is postponed',
    file: 'deadlines.ts',
    from: `this.#down(this.#up(entry));`,
    to: `this.#up(entry);`,
  },
  {
    bug: 'counts the exit of an unhealthy run as a success',
    file: 'exit.ts',
    from: `  'unhealthy',\n`,
    to: ``,
  },
  {
    bug: 'ends a paused run for failed health checks',
    file: 'health.ts',
    from: `run.pausedAt !== null || instance.wanted`,
    to: `instance.wanted`,
  },
  {
    bug: 'counts the time of failing health checks towards the end of a row of restarts',
    file: 'health.ts',
    from: `now.mono - badForMs`,
    to: `now.mono`,
  },
  {
    bug: 'ends an unhealthy run before its dependents',
    file: 'health.ts',
    from: ` || instance.wanted === 'down'`,
    to: ``,
  },
  {
    bug: 'runs the watchdog of a paused run',
    file: 'watchdog.ts',
    from: `run?.pausedAt === null ? run.token : null`,
    to: `run !== null ? run.token : null`,
  },
  {
    bug: 'counts an exit after a missed watchdog as a success',
    file: 'exit.ts',
    from: `  'watchdog',\n`,
    to: ``,
  },
  {
    bug: 'counts an exit after an exceeded memory limit as a success',
    file: 'exit.ts',
    from: `  'memory',\n`,
    to: ``,
  },
  {
    bug: 'does not end a run that exceeds its memory limit',
    file: 'memory.ts',
    from: `bytes <= limit`,
    to: `true`,
  },
  {
    bug: 'ends a paused run for its zombies',
    file: 'zombies.ts',
    from: `run.pausedAt !== null ||`,
    to: ``,
  },
  {
    bug: 'counts an exit after left zombies as a success',
    file: 'exit.ts',
    from: `  'zombies',\n`,
    to: ``,
  },
];
