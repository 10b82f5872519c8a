/** The header: state of the machine, state of the fleet, and problems that need attention. */
import {formatBytes, formatDuration} from '../src/base/format.ts';
import type {Shell} from './shell.ts';
import type {Canvas, Rect} from './screen/canvas.ts';
import {widthOf} from './screen/cells.ts';
import type {Style} from './screen/styles.ts';

/** Returns the number of header lines; on a low terminal the views need them more. */
export const headerHeight = (_width: number, height: number): number => (height >= 20 ? 4 : height >= 8 ? 2 : 1);

interface Part {
  readonly text: string;
  readonly style: Style;
}

const part = (text: string, style: Style = 'plain'): Part => ({text, style});
const widthOfParts = (parts: readonly Part[]): number => parts.reduce((sum, {text}) => sum + widthOf(text), 0);

/** Draws parts in a row as far as they fit. */
function putParts(canvas: Canvas, x: number, y: number, end: number, parts: readonly Part[]): void {
  let at = x;
  for (const {text, style} of parts) at += canvas.put(at, y, text, style, end - at);
}

export function drawHeader(canvas: Canvas, {x, y, width, height}: Rect, app: Shell): void {
  const end = x + width;
  putParts(canvas, x, y, end, tabs(app));
  const health = fleetParts(app);
  if (height === 1) return;
  if (height === 2) {
    putParts(canvas, x, y + 1, end, [...alarmParts(app), ...health, part('  '), ...stateParts(app, false)]);
    return;
  }
  putParts(canvas, x, y + 1, end, health);
  putParts(canvas, x, y + 2, end, meterParts(app, width));
  // Problems that need attention precede the rest of the line.
  const alarms = alarmParts(app);
  const states = [...alarms, ...stateParts(app, true)];
  putParts(canvas, x, y + 3, end, widthOfParts(states) <= width ? states : [...alarms, ...stateParts(app, false)]);
}

function tabs({views, current, all, frozen, glyphs}: Shell): Part[] {
  const parts: Part[] = [part('brood ', 'title')];
  for (const [index, {title}] of views.entries()) {
    parts.push(part(` ${index + 1} ${title} `, index === current ? 'selected' : 'dim'));
  }
  parts.push(part(` ${all ? 'machine' : 'fleet'}`, 'name'));
  if (frozen) parts.push(part(` ${glyphs.dot} frozen: z continues`, 'alarm'));
  return parts;
}

/** Returns the style of a bar by its share: good, busy, alarming. */
const styleOfShare = (share: number): Style => (share < 0.6 ? 'good' : share < 0.85 ? 'warning' : 'bad');

function bar(share: number, width: number, {glyphs}: Shell): Part[] {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return [part(glyphs.barFull.repeat(full), styleOfShare(share)), part(glyphs.barEmpty.repeat(width - full), 'dim')];
}

const SHORTEST_BAR = 4;
const LONGEST_BAR = 30;

function meterParts(app: Shell, width: number): Part[] {
  const {load} = app.world;
  const memory = load.memoryTotal > 0 ? load.memoryUsed / load.memoryTotal : 0;
  const cpu = [part(` ${(load.cpu * 100).toFixed(0).padStart(3)}% `), part(' Mem ', 'name')];
  const rest = [
    part(` ${formatBytes(load.memoryUsed)}/${formatBytes(load.memoryTotal)} `),
    part(' Load ', 'name'),
    part(load.average.map(value => value.toFixed(2)).join(' ')),
    part(`  up ${formatDuration(load.uptime * 1000)}`, 'dim'),
  ];
  const first = part('CPU ', 'name');
  const left = width - widthOfParts([first, ...cpu, ...rest]);
  const length = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, Math.floor(left / 2)));
  return [first, ...bar(load.cpu, length, app), ...cpu, ...bar(memory, length, app), ...rest];
}

const STATES: readonly (readonly [string, string])[] = [
  ['R', 'running'],
  ['S', 'sleeping'],
  ['D', 'waiting for a device'],
  ['T', 'stopped'],
  ['I', 'idle'],
];

/** Counts processes by state; upper and lower case count together. */
function countStates({world}: Shell): (letter: string) => number {
  const {rows} = world.snapshot;
  const counts = new Uint32Array(128);
  for (let n = 0; n < rows.count; n++) {
    const code = rows.state[rows.at(n)] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  const countOf = (letter: string): number => counts[letter.charCodeAt(0)] ?? 0;
  return letter => countOf(letter) + countOf(letter.toLowerCase());
}

/** The number of processes in each state. */
function stateParts(app: Shell, inWords: boolean): Part[] {
  const countOf = countStates(app);
  const parts: Part[] = [part(`${app.world.snapshot.rows.count} processes `, 'bold')];
  for (const [letter, words] of STATES) {
    const number = countOf(letter);
    if (number > 0)
      parts.push(
        part(` ${letter} `, 'name'),
        part(`${number} ${inWords ? `${words} ` : ''}`, letter === 'D' ? 'warning' : 'dim'),
      );
  }
  return parts;
}

/** Numbers of zombies and orphans, with the key that selects the next one. */
function alarmParts(app: Shell): Part[] {
  const {world} = app;
  const parts: Part[] = [];
  const zombies = countStates(app)('Z');
  const orphans = world.fleet?.lineage?.processes.filter(({orphan}) => orphan).length ?? 0;
  if (zombies > 0) parts.push(part(` ${zombies} ${zombies === 1 ? 'zombie' : 'zombies'}: Z `, 'alarm'), part(' '));
  if (orphans > 0) parts.push(part(` ${orphans} ${orphans === 1 ? 'orphan' : 'orphans'}: O `, 'alarm'), part(' '));
  return parts;
}

/** The keeper answers its controller every 2 s. */
const KEEPER_SILENT_MS = 6_000;

function fleetParts({world}: Shell): Part[] {
  const {fleet} = world;
  if (!fleet) return [part('no fleet: showing the machine', 'dim')];
  const name = part(`fleet ${fleet.name} `, 'bold');
  if (fleet.connection === 'gone') return [name, part(' supervisor not running: `brood up` starts it ', 'alarm')];
  if (fleet.connection === 'lost') {
    const since = fleet.lostAt === null ? '' : ` (${formatDuration(Date.now() - fleet.lostAt)})`;
    return [name, part(` controller does not answer${since}: stale data `, 'alarm')];
  }
  const {ps} = fleet;
  if (!ps) return [name, part('connecting', 'dim')];
  const counts = new Map<string, number>();
  for (const {status} of ps.workers) counts.set(status, (counts.get(status) ?? 0) + 1);
  const unhealthy = ps.workers.filter(({flags}) => flags.includes('unhealthy')).length;
  const parts = [name];
  for (const [status, number] of counts) parts.push(part(` ${number} ${status}`, styleOfStatus(status)));
  if (unhealthy > 0) parts.push(part(` ${unhealthy} unhealthy`, 'bad'));
  const silentMs = ps.supervisor.keeperSilentMs ?? 0;
  if (silentMs >= KEEPER_SILENT_MS) {
    const keeper = `keeper (pid ${ps.supervisor.pid}) has not answered for ${formatDuration(silentMs)}`;
    parts.push(part(' '), part(` ${keeper}: brood doctor `, 'alarm'));
  }
  if (ps.storm) parts.push(part(' '), part(` restart storm: ${ps.storm.waiting} waiting `, 'alarm'));
  parts.push(part(`  up ${formatDuration(Date.now() - Date.parse(ps.supervisor.startedAt))}`, 'dim'));
  const weaker = ps.supervisor.guarantees.weaker.length;
  if (weaker > 0) parts.push(part(`  ${weaker} weaker guarantee${weaker === 1 ? '' : 's'} (brood doctor)`, 'dim'));
  return parts;
}

export function styleOfStatus(status: string): Style {
  switch (status) {
    case 'ready':
      return 'good';
    case 'failed':
      return 'bad';
    case 'backoff':
    case 'stopping':
      return 'warning';
    case 'starting':
    case 'pending':
      return 'busy';
    default:
      return 'dim';
  }
}
