/** What is to be seen at a glance: how the machine is, how the fleet is, and whether something needs people. */
import {formatBytes, formatDuration} from '../src/words/format.ts';
import type {App} from './app.ts';
import type {Canvas, Rect} from './screen/canvas.ts';
import type {Style} from './screen/styles.ts';

/** Lines that it takes; on a low terminal the views need them more. */
export const headerHeight = (_width: number, height: number): number => (height >= 20 ? 4 : height >= 8 ? 2 : 1);

interface Part {
  readonly text: string;
  readonly style: Style;
}

const part = (text: string, style: Style = 'plain'): Part => ({text, style});

/** Draws parts in a row as far as there is room. */
function putParts(canvas: Canvas, x: number, y: number, end: number, parts: readonly Part[]): void {
  let at = x;
  for (const {text, style} of parts) at += canvas.put(at, y, text, style, end - at);
}

export function drawHeader(canvas: Canvas, {x, y, width, height}: Rect, app: App): void {
  const end = x + width;
  putParts(canvas, x, y, end, tabs(app));
  const health = fleetParts(app);
  if (height === 1) return;
  if (height === 2) {
    putParts(canvas, x, y + 1, end, [...health, part('  '), ...stateParts(app)]);
    return;
  }
  putParts(canvas, x, y + 1, end, health);
  putParts(canvas, x, y + 2, end, meterParts(app, width));
  putParts(canvas, x, y + 3, end, stateParts(app));
}

function tabs({views, current, all, frozen, glyphs}: App): Part[] {
  const parts: Part[] = [part('brood ', 'title')];
  for (const [index, {title}] of views.entries()) {
    parts.push(part(` ${index + 1} ${title} `, index === current ? 'selected' : 'dim'));
  }
  parts.push(part(` ${all ? 'machine' : 'fleet'}`, 'name'));
  if (frozen) parts.push(part(` ${glyphs.dot} frozen: z goes on`, 'alarm'));
  return parts;
}

/** Share of a bar that is good, busy, alarming. */
const styleOfShare = (share: number): Style => (share < 0.6 ? 'good' : share < 0.85 ? 'warning' : 'bad');

function bar(share: number, width: number, {glyphs}: App): Part[] {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return [part(glyphs.barFull.repeat(full), styleOfShare(share)), part(glyphs.barEmpty.repeat(width - full), 'dim')];
}

function meterParts(app: App, width: number): Part[] {
  const {load} = app.world;
  const length = Math.max(4, Math.min(30, Math.floor((width - 56) / 2)));
  const memory = load.memoryTotal > 0 ? load.memoryUsed / load.memoryTotal : 0;
  return [
    part('CPU ', 'name'),
    ...bar(load.cpu, length, app),
    part(` ${(load.cpu * 100).toFixed(0).padStart(3)}% `),
    part(' Mem ', 'name'),
    ...bar(memory, length, app),
    part(` ${formatBytes(load.memoryUsed)}/${formatBytes(load.memoryTotal)} `),
    part(' Load ', 'name'),
    part(load.average.map(value => value.toFixed(2)).join(' ')),
    part(`  up ${formatDuration(load.uptime * 1000)}`, 'dim'),
  ];
}

const STATES: readonly (readonly [string, string])[] = [
  ['R', 'running'],
  ['S', 'sleeping'],
  ['D', 'waiting for a device'],
  ['T', 'stopped'],
  ['I', 'idle'],
];

/** Processes by state; zombies and orphans by the key that leads to them. */
function stateParts({world}: App): Part[] {
  const {rows} = world.snapshot;
  const counts = new Map<string, number>();
  let zombies = 0;
  for (let n = 0; n < rows.count; n++) {
    const letter = String.fromCharCode(rows.state[rows.at(n)] ?? 63);
    if (letter === 'Z') zombies++;
    else counts.set(letter === 't' ? 'T' : letter, (counts.get(letter === 't' ? 'T' : letter) ?? 0) + 1);
  }
  const parts: Part[] = [part(`${rows.count} processes `, 'bold')];
  for (const [letter, words] of STATES) {
    const number = counts.get(letter) ?? 0;
    if (number > 0)
      parts.push(part(` ${letter} `, 'name'), part(`${number} ${words} `, letter === 'D' ? 'warning' : 'dim'));
  }
  const orphans = world.fleet?.lineage?.processes.filter(({orphan}) => orphan).length ?? 0;
  if (zombies > 0) parts.push(part(` ${zombies} ${zombies === 1 ? 'zombie' : 'zombies'}: Z `, 'alarm'));
  if (orphans > 0) parts.push(part(' '), part(` ${orphans} ${orphans === 1 ? 'orphan' : 'orphans'}: O `, 'alarm'));
  return parts;
}

function fleetParts({world}: App): Part[] {
  const {fleet} = world;
  if (!fleet) return [part('no fleet: the machine is shown', 'dim')];
  const name = part(`fleet ${fleet.name} `, 'bold');
  if (fleet.connection === 'gone')
    return [name, part(' its supervisor is not running: `brood up` starts it ', 'alarm')];
  if (fleet.connection === 'lost') {
    const since = fleet.lostAt === null ? '' : ` for ${formatDuration(Date.now() - fleet.lostAt)}`;
    return [name, part(` its controller does not answer${since}; connecting again, what is shown is old `, 'alarm')];
  }
  const {ps} = fleet;
  if (!ps) return [name, part('connecting', 'dim')];
  const counts = new Map<string, number>();
  for (const {status} of ps.workers) counts.set(status, (counts.get(status) ?? 0) + 1);
  const unhealthy = ps.workers.filter(({flags}) => flags.includes('unhealthy')).length;
  const parts = [name];
  for (const [status, number] of counts) parts.push(part(` ${number} ${status}`, styleOfStatus(status)));
  if (unhealthy > 0) parts.push(part(` ${unhealthy} unhealthy`, 'bad'));
  if (ps.storm) parts.push(part(' '), part(` restart storm: ${ps.storm.waiting} wait for their turn `, 'alarm'));
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
