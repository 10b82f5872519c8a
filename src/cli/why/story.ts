/** Composes the causal story of an instance's last exit or failure from journal, supervisor and logs. */
import {advise} from './advice.ts';
import {lastEnd, statusOf, type End, type Evidence} from './evidence.ts';
import {describeEvent, endOf} from '../../text/event-words.ts';
import {meaningOf} from './exit-meaning.ts';
import {healthWords} from '../../text/instance-words.ts';
import {count, formatBytes, formatDuration, formatTime} from '../../base/format.ts';
import {plainText} from '../../text/sanitize.ts';

const text = (value: unknown): string => (typeof value === 'string' ? plainText(value, MOST_TOLD) : '');

/** The longest untrusted text in a story. */
const MOST_TOLD = 1_000;

/**
 * Puts a paragraph on one line: a newline in a reason, a message or a path would look like a paragraph of brood's own.
 */
const oneLine = (paragraph: string): string => plainText(paragraph);

/** Returns the paragraphs of the story, the most important first. */
export function tell(evidence: Evidence, signalOfNumber: (number: number) => string | null): readonly string[] {
  const end = lastEnd(evidence.records);
  const before = [
    headline(evidence),
    ...(end ? [endParagraph(end, signalOfNumber)] : ['The journal contains no exit.']),
    ...changeParagraph(evidence, end),
    ...memoryParagraph(evidence, end),
    ...healthParagraph(evidence, end),
    ...saidParagraph(evidence, end),
  ];
  const lastWords = evidence.lastWords.map(line => `  ${plainText(line)}`);
  const after = [
    ...proofParagraph(evidence, end),
    ...policyParagraph(evidence),
    ...(evidence.dependencies.length > 0 ? [`Unmet dependencies: ${evidence.dependencies.join('; ')}.`] : []),
    ...advise(evidence, end),
  ];
  return [
    ...before.map(oneLine),
    ...(lastWords.length > 0 ? [`Its last output before that:\n${lastWords.join('\n')}`] : []),
    ...after.map(oneLine),
  ];
}

/** Describes the error that the instance reported before it ended (sd_notify(3)). */
function saidParagraph({records}: Evidence, end: End | null): readonly string[] {
  const since = end?.spawned?.seq ?? -1;
  const until = end?.record.seq ?? -1;
  const said = records.findLast(({type, seq}) => type === 'notified' && seq > since && seq < until);
  return said ? [`Before that it ${describeEvent(said)}.`] : [];
}

/** Describes what may be left of a run that has ended. */
function proofParagraph({detail, records}: Evidence, end: End | null): readonly string[] {
  const told = records.findLast(({type, seq}) => type === 'not-proved' && seq > (end?.record.seq ?? -1));
  const recorded = Array.isArray(told?.['doubts']) ? told['doubts'].map(String) : [];
  // The supervisor's report is newer: some processes may have ended since the record.
  const doubts = detail ? (detail.doubts ?? []).map(({words}) => words) : recorded;
  return doubts.length === 0 ? [] : [`It is not proved that nothing of that run is left: ${doubts.join('; ')}.`];
}

function headline(evidence: Evidence): string {
  const {id, detail, now} = evidence;
  const {status, reason} = statusOf(evidence);
  const since = detail?.uptimeMs == null ? '' : ` for ${formatDuration(detail.uptimeMs)}`;
  const pid = detail?.pid == null ? '' : `, pid ${detail.pid}`;
  const retry = detail?.retryAt == null ? '' : `; next start in ${formatDuration(Date.parse(detail.retryAt) - now)}`;
  const when = detail ? 'is' : 'was last known to be';
  return `${id} ${when} ${status}${since}${pid}${reason === '' ? '' : `: ${reason}`}${retry}.`;
}

function endParagraph({record, spawned}: End, signalOfNumber: (number: number) => string | null): string {
  if (record.type === 'spawn-failed') {
    const code = text(record['code']);
    const message = text(record['message']);
    const named =
      code === '' || message.includes(code)
        ? message
        : `${message} (${code}${ERRNO[code] === undefined ? '' : `: ${ERRNO[code]}`})`;
    return `At ${formatTime(record.at)} it could not be started: ${named}.`;
  }
  const code = typeof record['code'] === 'number' ? record['code'] : null;
  const signal = text(record['signal']) === '' ? null : text(record['signal']);
  const ran = spawned ? formatDuration(Date.parse(record.at) - Date.parse(spawned.at)) : null;
  const began = spawned
    ? `Its last completed run began at ${formatTime(spawned.at)} (pid ${spawned.pid ?? '?'}), lasted ${ran ?? '?'} and`
    : 'Its last run';
  const meaning = meantBy(text(record['reason']), signal) ?? meaningOf(code, signal, signalOfNumber);
  return `${began} ended at ${formatTime(record.at)}: ${endOf(record)}${meaning === null ? '' : ` (${meaning})`}.`;
}

const ERRNO: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOEXEC: 'not executable: no #! line, or a program for another machine',
  ENOTDIR: 'a part of the path is not a folder',
  EAGAIN: 'no more processes can be started at the moment',
  ENOMEM: 'out of memory',
  EMFILE: 'out of file descriptors',
};

const MEANT: Readonly<Record<string, string>> = {
  stop: 'it was stopped on request',
  restart: 'it was restarted on request',
  changed: 'its definition changed, so it was restarted',
  'not-ready': 'brood stopped it because it did not become ready in time',
  group: 'another member of its group failed, and it was restarted with that member',
  'gave-up': 'its group gave up, so brood stopped it',
  'max-runtime': 'brood stopped it because it reached its `max_runtime`',
  unhealthy: 'brood stopped it because its health checks failed',
  watchdog: 'brood stopped it because its watchdog expired',
  zombies: 'brood stopped it because it did not wait for an exited child (`zombies: restart`)',
  memory: 'it exceeded its memory limit',
  oom: 'the kernel killed it because the machine, or a cgroup around it, ran out of memory; its own limit was not reached',
  watch: 'a watched file changed, so it was restarted',
};

/** Reasons for which the kernel may send SIGKILL, without a stop signal before. */
const BY_KERNEL: ReadonlySet<string> = new Set(['memory', 'oom']);

/** Returns the meaning of an end by brood itself, or by the kernel for memory; null for any other end. */
function meantBy(reason: string, signal: string | null): string | null {
  const meant = MEANT[reason] ?? null;
  if (meant === null || signal !== 'SIGKILL' || BY_KERNEL.has(reason)) return meant;
  return `${meant}; it did not exit within its stop timeout`;
}

/**
 * Describes an end by the memory limit: the usage when brood ended the instance, or the kernel's enforcement; with
 * advice.
 */
function memoryParagraph({records, detail}: Evidence, end: End | null): readonly string[] {
  if (end?.record['reason'] !== 'memory') return [];
  const exceeded = records.findLast(({type, seq}) => type === 'memory-exceeded' && seq < end.record.seq);
  const isSampled = exceeded !== undefined && exceeded.seq > (end.spawned?.seq ?? -1);
  const limit = detail?.limits.memory?.limit ?? null;
  const its = limit === null ? 'its limit' : `its limit of ${formatBytes(limit)}`;
  const how = isSampled
    ? `At ${formatTime(exceeded.at)} it ${describeEvent(exceeded)}, so brood stopped it.`
    : `The kernel enforced ${its} on its cgroup, and killed all of it at once when it was exceeded.`;
  return [
    `${how} If it needs that much, raise \`limits: {memory: …}\` and run \`brood apply\`; if not, it may have a leak.`,
  ];
}

/** Describes the file change for which the instance was ended. */
function changeParagraph({records}: Evidence, end: End | null): readonly string[] {
  if (end?.record['reason'] !== 'watch') return [];
  const change = records.findLast(({type, seq}) => type === 'file-changed' && seq < end.record.seq);
  return change ? [`At ${formatTime(change.at)}, ${describeEvent(change)}.`] : [];
}

/** Describes the health checks before brood ended the instance, and the current ones. */
function healthParagraph({records, detail}: Evidence, end: End | null): readonly string[] {
  const parts: string[] = [];
  if (end?.record['reason'] === 'unhealthy') {
    const failed = records.findLast(({type, seq}) => type === 'health-failed' && seq < end.record.seq);
    const failures = typeof failed?.['failures'] === 'number' ? failed['failures'] : 1;
    const inRow = failures > 1 ? `${failures} health checks in a row had failed` : 'A health check had failed';
    if (failed) parts.push(`${inRow} by ${formatTime(failed.at)}; the last one: ${text(failed['message'])}.`);
  }
  if (detail?.health && detail.health.failures > 0)
    parts.push(`Its health checks are failing: ${healthWords(detail.health)}.`);
  return parts.length > 0 ? [parts.join(' ')] : [];
}

function policyParagraph({records, detail}: Evidence): readonly string[] {
  const parts: string[] = [];
  const gaveUp = records.findLast(({type}) => type === 'gave-up');
  if (gaveUp && statusOf({records, detail}).status === 'failed') {
    const restarts = typeof gaveUp['restarts'] === 'number' ? count(gaveUp['restarts'], 'restart') : 'its restarts';
    parts.push(`brood gave up after ${restarts}, at ${formatTime(gaveUp.at)}.`);
  }
  if (detail) {
    const inRow = detail.restartsInARow > 0 ? `, ${detail.restartsInARow} in a row` : '';
    parts.push(`Its restart policy is ${detail.restart}; ${count(detail.restarts, 'restart')} since up${inRow}.`);
  }
  return parts.length > 0 ? [parts.join(' ')] : [];
}
