/**
 * Actions on workers and processes. The targets are fixed when the key is pressed, and named before any irreversible
 * action.
 */
import {exactDuration} from '../src/base/format.ts';
import {messageOf} from '../src/base/errors.ts';
import type {Method, Params} from '../src/control/messages.ts';
import type {Outcomes} from '../src/control/reports.ts';
import {niceProcess, signalProcess} from '../src/process/signal.ts';
import {proofWords} from '../src/text/proof-words.ts';
import {plainText} from '../src/text/sanitize.ts';
import type {Shell} from './shell.ts';
import {Choice} from './overlays/choice.ts';
import {Prompt} from './overlays/prompt.ts';
import type {Target} from './view.ts';

/** Formats a target: `alpha/1 (pid 4711)`. */
export const nameOf = ({id, name, pid}: Target): string => `${id ?? name}${pid === null ? '' : ` (pid ${pid})`}`;

/** Formats targets: `alpha/1 (pid 4711), beta/1 (pid 4712) and 3 more`. */
export function namesOf(targets: readonly Target[]): string {
  const shown = targets.slice(0, 3).map(nameOf).join(', ');
  return targets.length > 3 ? `${shown} and ${targets.length - 3} more` : shown;
}

const wordsOf = (error: unknown): string => messageOf(error);

/** Returns the targets, or null after a message that nothing is selected. */
export function chosen(app: Shell): readonly Target[] | null {
  const targets = app.targets();
  if (targets.length > 0) return targets;
  app.showMessage('nothing is selected', 'warning');
  return null;
}

function instancesOf(app: Shell): readonly string[] | null {
  const targets = chosen(app);
  if (targets === null) return null;
  const ids = targets.map(({id}) => id).filter(id => id !== null);
  if (ids.length === targets.length) return ids;
  app.showMessage('this key acts on workers: select a worker, or its main process', 'warning');
  return null;
}

/** Maximum names in a question: more would leave no room for the options. */
const MOST_NAMED = 8;

/** Asks for confirmation, runs the action and shows the result. */
function withQuestion(app: Shell, question: string, about: readonly Target[], action: () => Promise<string>): void {
  const named = about.slice(0, MOST_NAMED).map(nameOf);
  const more = about.length - named.length;
  const no = {text: 'No', key: 'n', choose: () => app.showMessage('nothing was done')};
  const yes = {text: 'Yes', key: 'y', choose: () => void run(app, action)};
  const lines = more > 0 ? [...named, `and ${more} more`] : named;
  app.open(new Choice({title: question, about: lines, options: [yes, no], typing: false, empty: ''}));
}

/** Runs the action and shows the result or the error. */
export async function run(app: Shell, action: () => Promise<string>): Promise<void> {
  try {
    app.showMessage(await action(), 'good');
  } catch (error) {
    app.showMessage(wordsOf(error), 'bad');
  }
}

type Waiting = 'restart' | 'stop' | 'start' | 'pause' | 'resume';

async function ask(app: Shell, method: Waiting, ids: readonly string[]): Promise<string> {
  const {fleet} = app.world;
  if (!fleet) throw new Error('no fleet');
  app.showMessage(`${method} ${ids.join(', ')} ...`);
  const {ok, outcomes} = await fleet.call(method, {targets: ids});
  if (!ok) throw new Error(refusal(outcomes));
  const proofs = [...new Set(outcomes.map(({proof}) => proof).filter(proof => proof !== null))];
  const proof = method === 'stop' && proofs.length > 0 ? `; ${proofs.map(one => proofWords(one)).join('; ')}` : '';
  const doubts = [...new Set(outcomes.flatMap(({doubts: some = []}) => some.map(({words}) => `; ${words}`)))];
  return `${method}: ${ids.join(', ')} ${ids.length === 1 ? 'is' : 'are'} ${outcomes[0]?.status ?? 'done'}${proof}${plainText(doubts.join(''))}`;
}

const refusal = (outcomes: Outcomes['outcomes']): string =>
  outcomes
    .filter(({ok}) => !ok)
    .map(({id, reason, status}) => `${id}: ${reason ?? status}`)
    .join('; ');

export function restart(app: Shell): void {
  const ids = instancesOf(app);
  const targets = app.targets();
  if (ids)
    withQuestion(app, `Restart ${ids.length === 1 ? (ids[0] ?? '') : `${ids.length} workers`}?`, targets, () =>
      ask(app, 'restart', ids),
    );
}

/** Stops the selected instances that are up; if all are down, starts them. */
export function stopOrStart(app: Shell): void {
  const ids = instancesOf(app);
  if (!ids) return;
  const down = new Set(['stopped', 'finished', 'failed']);
  const running = ids.filter(id => !down.has(app.world.workers.find(one => one.id === id)?.status ?? ''));
  if (running.length === 0) {
    void run(app, () => ask(app, 'start', ids));
    return;
  }
  const about = app.targets().filter(({id}) => id !== null && running.includes(id));
  withQuestion(app, `Stop ${running.length === 1 ? (running[0] ?? '') : `${running.length} workers`}?`, about, () =>
    ask(app, 'stop', running),
  );
}

export function pauseOrResume(app: Shell): void {
  const ids = instancesOf(app);
  if (!ids) return;
  const paused = ids.every(id => app.world.workers.find(one => one.id === id)?.flags.includes('paused') === true);
  void run(app, () => ask(app, paused ? 'resume' : 'pause', ids));
}

export function askAlarm(app: Shell): void {
  const ids = instancesOf(app);
  const [id] = ids ?? [];
  if (id === undefined) return;
  const done = (text: string): void => {
    const seconds = Number(text);
    if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0)
      app.showMessage('expected a number of seconds', 'warning');
    else
      void run(app, async () => {
        await app.world.fleet?.call('alarm', {target: id, seconds});
        return seconds === 0 ? `${id}: alarm cancelled` : `${id}: SIGALRM in ${exactDuration(seconds * 1000)}`;
      });
  };
  app.open(new Prompt({label: `Seconds until SIGALRM to ${id} (0 cancels): `, text: '', done}));
}

export function askScale(app: Shell): void {
  const ids = instancesOf(app);
  const worker = ids?.[0]?.split('/')[0];
  if (worker === undefined) return;
  const now = app.world.workers.filter(one => one.worker === worker).length;
  const done = (text: string): void => {
    const count = Number(text);
    if (!/^\d+$/.test(text.trim())) app.showMessage('expected a number of instances', 'warning');
    else
      void run(app, async () => {
        app.showMessage(`${worker}: ${now} to ${count} instances ...`);
        const outcomes = await app.world.fleet?.call('scale', {counts: {[worker]: count}});
        if (outcomes?.ok === false) throw new Error(refusal(outcomes.outcomes));
        return `${worker} has ${count} instances`;
      });
  };
  app.open(new Prompt({label: `Instances of ${worker} (now ${now}): `, text: String(now), done}));
}

export function changeNice(app: Shell, by: 1 | -1): void {
  const targets = chosen(app);
  if (!targets) return;
  const {rows} = app.world.snapshot;
  const change = async (target: Target): Promise<string> => {
    const {pid, startTime} = target;
    const row = pid === null ? -1 : rows.find(pid);
    if (pid === null || row < 0) throw new Error(`${nameOf(target)} is not running`);
    const nice = Math.max(-20, Math.min(19, (rows.nice[row] ?? 0) + by));
    expectSame(app, target, row);
    // A second key press starts from this value, even before the next reading.
    rows.nice[row] = nice;
    await touch(app, target, 'nice', {nice, targets: [String(pid)]}, () => niceProcess(pid, startTime, nice));
    return `${nameOf(target)}: nice ${nice}`;
  };
  void run(app, async () => (await forEach(targets, change)).join(', '));
}

/** Runs the action for all targets, even if it fails for some; then throws an error with the results of all. */
async function forEach(targets: readonly Target[], action: (target: Target) => Promise<string>): Promise<string[]> {
  const done: string[] = [];
  const refused: string[] = [];
  for (const target of targets) {
    try {
      done.push(await action(target));
    } catch (error) {
      refused.push(wordsOf(error));
    }
  }
  if (refused.length > 0) throw new Error([...refused, ...done].join('; '));
  return done;
}

export async function send(app: Shell, targets: readonly Target[], signal: string): Promise<string> {
  await forEach(targets, async target => {
    const {pid, startTime} = target;
    if (pid === null) throw new Error(`${nameOf(target)} is not running`);
    await touch(app, target, 'signal', {signal, targets: [String(pid)]}, () => signalProcess(pid, startTime, signal));
    return `${signal} sent to ${nameOf(target)}`;
  });
  return `${signal} sent to ${namesOf(targets)}`;
}

/** The pid may have been reused since the selection. */
function expectSame({world}: Shell, {pid, startTime}: Pick<Target, 'pid' | 'startTime'>, row: number): void {
  if (row >= 0 && startTime !== null && world.snapshot.identity(row) !== startTime)
    throw new Error(`process ${pid ?? ''} is gone`);
}

/**
 * Acts through the supervisor if the process is its fleet's, so that the journal records it; else directly as this
 * user.
 */
async function touch<M extends Method & ('signal' | 'nice')>(
  app: Shell,
  {pid, startTime}: Target,
  method: M,
  params: Params<M>,
  direct: () => string | null,
): Promise<void> {
  const {snapshot, fleet} = app.world;
  const row = pid === null ? -1 : snapshot.rows.find(pid);
  expectSame(app, {pid, startTime}, row);
  const owner = row < 0 ? null : app.world.ownerOf(row);
  if (fleet && owner?.id != null) {
    await fleet.call(method, params);
    return;
  }
  const refused = direct();
  if (refused !== null) throw new Error(refused);
}
