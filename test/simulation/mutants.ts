/** The core with a planted bug: its source with one passage replaced, bundled and imported. */
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, type Plugin} from 'esbuild';
import type {CoreModule} from './simulation.ts';

/** A bug that somebody could make. */
export interface Mutant {
  /** What it does wrong. */
  readonly bug: string;
  /** File in src/supervisor. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    bug: 'does not commit what has changed',
    file: 'roster.ts',
    from: `this.changedCells.add(cell);`,
    to: ``,
  },
  {
    bug: 'takes a new instance for a change of one that is there',
    file: 'roster.ts',
    from: `this.cells.delete(cell.instance.id);\n    this.changedCells.delete(cell);\n    this.restructured = true;`,
    to: `this.cells.delete(cell.instance.id);\n    this.changedCells.delete(cell);`,
  },
  {
    bug: 'respawns after a stop',
    file: 'ending.ts',
    from: `const up = next.wanted === 'up';`,
    to: `const up = true;`,
  },
  {
    bug: 'judges by the policy what was stopped by hand',
    file: 'ending.ts',
    from: `if (over.wanted === 'down') return`,
    to: `if (false) return`,
  },
  {
    bug: 'spawns while something is left of the last run',
    file: 'next-step.ts',
    from: `backoff !== null && instance.clearing === null && backoff.until <= time.mono`,
    to: `backoff !== null && backoff.until <= time.mono`,
  },
  {
    bug: 'restarts by the wall clock',
    file: 'next-step.ts',
    from: `backoff.until <= time.mono;`,
    to: `backoff.until <= time.wall;`,
  },
  {
    bug: 'a restored core forgets what it waits for',
    file: 'restore.ts',
    from: `roster.addCell(member, instance);`,
    to: `roster.addCell(member, instance.backoff ? {...instance, backoff: {...instance.backoff, until: 0}} : instance);`,
  },
  {
    bug: 'starts others before all that was found is taken over',
    file: 'core.ts',
    from: `takeOver(input.runs, this.#roster, apply);`,
    to: `{ takeOver(input.runs.slice(0, 1), this.#roster, apply); this.#settle(time, effects); }`,
  },
  {
    bug: 'a restart that races an exit begins a second run',
    file: 'requests.ts',
    from: `return {...instance, ...NO_HISTORY, wanted: 'up', status: 'pending', backoff: null, reason: null};`,
    to: `return {...instance, ...NO_HISTORY, wanted: 'up', status: 'pending', backoff: null, reason: null, clearing: null};`,
  },
  {
    bug: 'any run ends a row of restarts',
    file: 'restart.ts',
    from: `mono - run.since - silentMs >= spec.backoff.resetAfterMs`,
    to: `mono - run.since >= 0`,
  },
  {
    bug: 'no run ends a row of restarts',
    file: 'restart.ts',
    from: `return lasted ? {row: 0, delayMs: 0, recent: history.recent} : history;`,
    to: `return history;`,
  },
  {
    bug: 'gives up one restart too late',
    file: 'restart.ts',
    from: `if (history.row >= restarts)`,
    to: `if (history.row > restarts)`,
  },
  {
    bug: 'gives up one restart too early',
    file: 'restart.ts',
    from: `if (history.row >= restarts)`,
    to: `if (history.row + 1 >= restarts)`,
  },
  {
    bug: 'counts restarts in a row, but not within a time',
    file: 'restart.ts',
    from: `if (recent.length >= restarts)`,
    to: `if (false)`,
  },
  {
    bug: 'a delay shrinks when the first one was the longest',
    file: 'restart.ts',
    from: `Math.max(history.delayMs, rowDelay(spec.backoff, history.row))`,
    to: `rowDelay(spec.backoff, history.row)`,
  },
  {
    bug: 'ends a worker before its dependents',
    file: 'order.ts',
    from: `standing.going === 0`,
    to: `standing.going >= 0`,
  },
  {
    bug: 'never ends those that require what was stopped',
    file: 'next-step.ts',
    from: `(wanted === 'up' && heldBy === null)`,
    to: `wanted === 'up'`,
  },
  {
    bug: 'starts a worker before what it comes after is ready',
    file: 'order.ts',
    from: `for (const name of spec.after) {`,
    to: `for (const name of spec.requires) {`,
  },
  {
    bug: 'does not notice when a dependency gets ready',
    file: 'roster.ts',
    from: `member.dependents.forEach(d => this.touch(d))`,
    to: `void 0`,
  },
  {
    bug: 'lets the keeper keep what is over',
    file: 'ending.ts',
    from: `const effects: Effect[] = [{type: 'forget', token}];`,
    to: `const effects: Effect[] = [];`,
  },
  {
    bug: 'lets the keeper forget an end before it is recorded',
    file: 'ending.ts',
    from: `if (run.ending === null) effects.push(clearEffect(run.token, spec));`,
    to: `effects.push({type: 'forget', token: run.token});`,
  },
  {
    bug: 'a restored core does not spawn again what may not have been heard',
    file: 'restore.ts',
    from: `if (run.pid === null) effects.push`,
    to: `if (false) effects.push`,
  },
  {
    bug: 'a restored core does not go on with what was being ended',
    file: 'restore.ts',
    from: `if (run.ending !== null) effects.push`,
    to: `if (false) effects.push`,
  },
  {
    bug: 'the snapshot leaves changes out',
    file: 'roster.ts',
    from: `    cell.json = null;
    this.changedCells`,
    to: `    cell.json ??= JSON.stringify(next);
    this.changedCells`,
  },
  {
    bug: 'a paused worker is blamed for not getting ready',
    file: 'deadlines.ts',
    from: `if (run.pausedAt === null) {`,
    to: `{`,
  },
  {
    bug: 'takes the end of an unhealthy worker for a good one',
    file: 'exit.ts',
    from: `  'unhealthy',\n`,
    to: ``,
  },
  {
    bug: 'ends a paused worker for checks that it could not answer',
    file: 'health.ts',
    from: `run.pausedAt !== null || instance.wanted`,
    to: `instance.wanted`,
  },
  {
    bug: 'the time in which its checks fail ends a row of restarts',
    file: 'health.ts',
    from: `now.mono - badForMs`,
    to: `now.mono`,
  },
  {
    bug: 'ends an unhealthy worker before those that depend on it',
    file: 'health.ts',
    from: ` || instance.wanted === 'down'`,
    to: ``,
  },
  {
    bug: 'a deadline that is put off hides the others',
    file: 'deadlines.ts',
    from: `this.#down(this.#up(entry));`,
    to: `this.#up(entry);`,
  },
  {
    bug: 'rest-for-one restarts the other instances of the one that failed',
    file: 'groups.ts',
    from: `this.children.indexOf(child) + 1`,
    to: `this.children.indexOf(child)`,
  },
  {
    bug: 'a group gives up one restart too late',
    file: 'groups.ts',
    from: `recent.length >= giveUp.restarts`,
    to: `recent.length > giveUp.restarts`,
  },
  {
    bug: 'a group above restarts all its members, whatever its strategy',
    file: 'groups.ts',
    from: `return child instanceof Group ? child.workers : [];`,
    to: `return this.workers;`,
  },
  {
    bug: 'members begin before all of their group are down',
    file: 'group-effects.ts',
    from: `if (counts.up.stopping > 0)`,
    to: `if (false)`,
  },
  {
    bug: 'nobody notices that the whole group is down',
    file: 'roster.ts',
    from: `holds(next) !== held`,
    to: `false`,
  },
  {
    bug: 'whom the group gave up is judged by its own policy',
    file: 'ending.ts',
    from: `if (run.ending === 'gave-up')`,
    to: `if (false)`,
  },
  {
    bug: 'the snapshot forgets the restarts of groups',
    file: 'restore.ts',
    from: `new Map(groups)`,
    to: `new Map()`,
  },
  {
    bug: 'a watchdog counts while its worker is paused',
    file: 'watchdog.ts',
    from: `run?.pausedAt === null ? run.token : null`,
    to: `run !== null ? run.token : null`,
  },
  {
    bug: 'a restored core lets nobody count for watchdogs',
    file: 'restore.ts',
    from: `if (isWatched(instance, spec)) effects.push`,
    to: `if (false) effects.push`,
  },
  {
    bug: 'who missed its watchdog may end well',
    file: 'exit.ts',
    from: `  'watchdog',\n`,
    to: ``,
  },
  {
    bug: 'who had more memory than it may has ended well',
    file: 'exit.ts',
    from: `  'memory',\n`,
    to: ``,
  },
  {
    bug: 'who has more memory than it may is not ended',
    file: 'memory.ts',
    from: `bytes <= limit`,
    to: `true`,
  },
  {
    bug: 'who leaves zombies is ended while it is paused',
    file: 'zombies.ts',
    from: `run.pausedAt !== null ||`,
    to: ``,
  },
  {
    bug: 'who left zombies may end well',
    file: 'exit.ts',
    from: `  'zombies',\n`,
    to: ``,
  },
  {
    bug: 'a file that has changed starts what was stopped by hand',
    file: 'file-changes.ts',
    from: `wanted === 'down' || leaving`,
    to: `leaving`,
  },
  {
    bug: 'its own word makes one ready that is asked otherwise',
    file: 'readiness.ts',
    from: `saysReady(spec) ? becomeReady(instance) : [instance, []]`,
    to: `becomeReady(instance)`,
  },
  {
    bug: 'makes up for a run of its schedule that was missed',
    file: 'scheduling.ts',
    from: `if (isMissed(due, context)) return skipped`,
    to: `if (false) return skipped`,
  },
  {
    bug: 'runs twice for a minute when the clock is set back',
    file: 'scheduling.ts',
    from: `Math.max(now.wall, lastDueAt ?? -Infinity)`,
    to: `now.wall`,
  },
  {
    bug: 'waits for days because the clock was wrong once',
    file: 'core.ts',
    from: `if (this.#roster.keepTime(time))`,
    to: `if (this.#roster.keepTime(time) && false)`,
  },
  {
    bug: 'oversleeps its schedule when the clock is set',
    file: 'roster.ts',
    from: `if (before !== null && Math.abs(now - before) < TOLERANCE_MS) return false;`,
    to: `if (before !== null) return false;`,
  },
  {
    bug: 'restarts as many at once as there are',
    file: 'rate.ts',
    from: `return over <= 0 ?`,
    to: `return over <= Infinity ?`,
  },
  {
    bug: 'lets those that crash in a loop hold back who dies for the first time',
    file: 'rate.ts',
    from: `(row === 1 ? 'first' : 'again')`,
    to: `(row < 0 ? 'first' : 'again')`,
  },
  {
    bug: 'never gives back what restarts have used up',
    file: 'rate.ts',
    from: `Math.max(0, used - (`,
    to: `Math.max(0, used - 0 * (`,
  },
  {
    bug: 'does not count who restarts with a group',
    file: 'regrouping.ts',
    from: `rate.charge(now.mono);
  return endRun(`,
    to: `return endRun(`,
  },
  {
    bug: 'restarts at the time of its own backoff who is to wait for its turn',
    file: 'outcome.ts',
    from: `until: Math.max(until, turn)`,
    to: `until`,
  },
  {
    bug: 'says that the storm is over while somebody is held',
    file: 'rate.ts',
    from: `next.backoff.until + CALM_MS`,
    to: `mono + CALM_MS`,
  },
  {
    bug: 'a restored core lets all restarts through once more',
    file: 'restore.ts',
    from: `roster, options, {reload, rate})`,
    to: `roster, options, {reload, rate: rate.storm === null ? NO_RESTARTS : rate})`,
  },
  {
    bug: 'an unchanged fleet file restarts workers',
    file: 'configure.ts',
    from: `differing(before, after).some(`,
    to: `before.name === after.name || differing(before, after).some(`,
  },
];

/** @throws Error when the passage is not there (exactly once): the list must follow the source. */
export async function mutated({file, from, to, bug}: Mutant): Promise<CoreModule> {
  let planted = 0;
  const plant: Plugin = {
    name: 'plant',
    setup(esbuild) {
      esbuild.onLoad({filter: /src\/supervisor\/.*\.ts$/}, ({path}) => {
        const source = readFileSync(path, 'utf8');
        if (basename(path) !== file) return {contents: source, loader: 'ts'};
        planted = source.split(from).length - 1;
        return {contents: source.replace(from, to), loader: 'ts'};
      });
    },
  };
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('../../src/supervisor/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'error',
    plugins: [plant],
  });
  if (planted !== 1) throw new Error(`"${bug}": its passage is ${planted} times in ${file}`);
  const code = Buffer.from(bundle.outputFiles[0]?.contents ?? []).toString('base64');
  return import(`data:text/javascript;base64,${code}`) as Promise<CoreModule>;
}
