/** The table "after kill -9 of the supervisor". */
import {NEVER_MS, strike, WATCHED, type Survival} from './blow.ts';
import type {Blow, Kind} from './peers/peer.ts';
import {printTable} from './table.ts';

const HEAD = [
  '',
  'alive',
  'replaced',
  'missing',
  'doubled',
  'lines',
  'lost',
  'of killed',
  'repeated',
  'disordered',
  'restart',
];

const NOTES = [
  `${WATCHED} workers, 20 numbered lines a second each, logged by the supervisor's own means (s6-log, svlogd, log files).`,
  'Each supervisor is started by hand, with no service manager above it; "then ..." is what its documentation says, done',
  'at once. alive: the same processes as before; replaced: another process in the place of one; missing: none; doubled:',
  'processes beyond one of a name. lost, repeated, disordered: lines that the workers have counted beside those in the log',
  'files at the end; of killed: how many of the lost are of the two workers that the measurement itself kills. With all',
  'three processes of brood gone, what workers write waits in their FIFOs for the next brood up, unless the worker dies.',
  'restart: a worker is killed while all is well, until its successor starts. unmanaged: one is killed right after the',
  `blow; from the blow until its successor starts; never: not within ${NEVER_MS / 1000} s.`,
];

const seconds = (ms: number | null): string => (ms === null ? 'never' : `${(ms / 1000).toFixed(2)} s`);

const title = (kind: Kind, version: string, {hits, again}: Blow): string =>
  `${kind.name} ${version}: ${hits.join(' + ')}${again === null ? '' : `, then ${again}`}`;

const cells = ({alive, replaced, missing, doubled, lines, restart, unmanaged}: Survival): string[] => [
  ...[
    alive,
    replaced,
    missing,
    doubled,
    lines.written,
    lines.lost,
    lines.lostOfKilled,
    lines.repeated,
    lines.disordered,
  ].map(String),
  seconds(restart),
  seconds(unmanaged),
];

export async function survive(peers: readonly (readonly [Kind, string])[], pulse: string): Promise<void> {
  const rows: string[][] = [];
  for (const [kind, version] of peers)
    for (const blow of kind.blows) {
      const name = title(kind, version, blow);
      process.stderr.write(`${name} ...\n`);
      try {
        rows.push([name, ...cells(await strike(kind, blow, pulse))]);
      } catch (error) {
        console.log(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  console.log('\nafter kill -9 of the supervisor\n');
  printTable([[...HEAD, 'unmanaged'], ...rows]);
  console.log(`\n${NOTES.join('\n')}`);
}
