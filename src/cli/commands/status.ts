import type {InstanceDetail} from '../../control/reports.ts';
import {atMost, targetsOf} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, type Command, type Context} from '../framework/command.ts';
import {formatBytes, exactDuration, formatDuration, formatTime} from '../../base/format.ts';
import {withClient} from '../target/fleet.ts';
import {limitWords} from '../status/limits-format.ts';
import {exitWords, healthWords, statusWords} from '../../text/instance-words.ts';
import {styleOfStatus} from '../target/outcomes.ts';
import {proofWords} from '../../text/proof-words.ts';
import {ask} from '../target/reach.ts';
import {plainText} from '../../text/sanitize.ts';
import {watchWords} from '../../text/watch-words.ts';
import {fit} from '../../text/width.ts';

export const status: Command = {
  name: 'status',
  summary: 'show a worker in full',
  usage: 'status NAME [--json]',
  description: `Shows all instances of a worker, or one (\`web/2\`): command, status, process tree, policy, the end of the last run and
the proof that nothing of it is left. Values of variables that look like secrets are masked.`,
  options: JSON_OPTION,
  examples: [
    ['status web', 'all instances'],
    ['status web/2 --json', 'one instance as JSON'],
  ],
  completes: 'instances',
  async execute(context) {
    atMost(context, 1);
    const targets = targetsOf(context);
    const {instances} = await withClient(context, connected => ask(connected, 'status', {targets}));
    if (isSet(context, 'json')) {
      context.out.json({instances});
      return 0;
    }
    for (const [i, instance] of instances.entries()) {
      if (i > 0) context.out.line();
      print(context, instance);
    }
    return 0;
  },
};

/** Reasons that add nothing to the exit code and the signal. */
const PLAIN_ENDS = new Set(['exited', 'signalled', 'spawn-failed', 'unknown']);

function print({out}: Context, it: InstanceDetail): void {
  const {paint} = out;
  const line = (name: string, text: string | null) => {
    if (text === null || text === '') return;
    const plain = plainText(text);
    const shown = out.columns === null ? plain : fit(plain, out.columns - 14);
    out.line(`  ${paint('dim', name.padEnd(10))}  ${shown}`);
  };
  const when = (at: string | null) => (at === null ? null : formatTime(at));
  out.line(`${paint('bold', it.id)} ${paint(styleOfStatus(it.status), statusWords(it))}`);
  line('reason', it.reason);
  line('reports', [it.phase, it.statusText].filter(text => text !== null).join(': '));
  line('command', it.command.map(word => (/^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word))).join(' '));
  line('folder', it.cwd);
  line('pid', it.pid === null ? null : `${it.pid}${it.adopted ? ' (adopted: started by an earlier keeper)' : ''}`);
  line('started', it.startedAt && `${formatTime(it.startedAt)}, ${formatDuration(it.uptimeMs ?? 0)} ago`);
  line('usage', usage(it));
  line('wanted', it.wanted);
  line('restart', `${it.restart}; ${it.restarts} since up, ${it.restartsInARow} in a row`);
  line('groups', it.groups.join(', in '));
  line('next run', when(it.nextRunAt));
  line('retry at', when(it.retryAt));
  line('ready by', when(it.readyBy));
  line('alarm at', when(it.alarmAt));
  line('health', it.health && healthWords(it.health));
  line('limits', limitWords(it.limits));
  line('watches', it.watch && watchWords(it.watch));
  line('watchdog', it.watchdogMs ? `every ${exactDuration(it.watchdogMs)}` : null);
  line('after', it.after.join(', '));
  line('requires', it.requires.join(', '));
  line(
    'last exit',
    it.exit &&
      `${exitWords(it.exit)} at ${formatTime(it.exit.at)}${PLAIN_ENDS.has(it.exit.reason) ? '' : ` (${it.exit.reason})`}`,
  );
  line('proof', it.proof === null ? null : `${it.proof}: ${proofWords(it.proof)}`);
  for (const {words} of it.doubts ?? []) line('not proved', words);
  line('survivors', it.survivors.join(', '));
  line('run', it.run);
  line('logs', it.logFolder);
  for (const [i, [name, value]] of Object.entries(it.env).entries()) line(i === 0 ? 'env' : '', `${name}=${value}`);
  for (const [i, row] of treeRows(it).entries()) line(i === 0 ? 'processes' : '', row);
}

function usage({cpuPercent, rssBytes, nice, state}: InstanceDetail): string | null {
  const parts = [
    cpuPercent === null ? null : `CPU ${cpuPercent.toFixed(1)}%`,
    rssBytes === null ? null : `memory ${formatBytes(rssBytes)}`,
    nice === null ? null : `nice ${nice}`,
    state === null ? null : `state ${state}`,
  ].filter(part => part !== null);
  return parts.length > 0 ? parts.join(', ') : null;
}

/** The most levels to indent: a chain of processes may have thousands. */
const MOST_INDENT = 40;

/** Returns rows such as `4711 S node server.js`, with children indented. */
function treeRows({processes}: InstanceDetail): readonly string[] {
  const known = new Set(processes.map(({pid}) => pid));
  const byParent = new Map<number | null, (typeof processes)[number][]>();
  for (const one of [...processes].reverse()) {
    const parent = known.has(one.ppid) && one.ppid !== one.pid ? one.ppid : null;
    const siblings = byParent.get(parent);
    if (siblings) siblings.push(one);
    else byParent.set(parent, [one]);
  }
  const rows: string[] = [];
  const open = (byParent.get(null) ?? []).map(one => ({one, depth: 0}));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const {one, depth} = next;
    const command = one.command === '' ? `[${one.name}]` : one.command;
    rows.push(`${'  '.repeat(Math.min(depth, MOST_INDENT))}${one.pid} ${one.state} ${command}`);
    for (const child of byParent.get(one.pid) ?? []) open.push({one: child, depth: depth + 1});
  }
  return rows;
}
