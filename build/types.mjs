// The declarations of the library, limited to those that its entry reaches.
import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';

/** Returns the declarations that `entry` imports, directly or indirectly, and itself. */
function reached(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const [, path] of readFileSync(entry, 'utf8').matchAll(/\b(?:from|import\()\s*['"](\.[^'"]+)\.ts['"]/g)) {
    reached(resolve(dirname(entry), `${path}.d.ts`), seen);
  }
  return seen;
}

export function makeTypes(folder) {
  const {status, stdout, stderr} = spawnSync(
    'node_modules/.bin/tsc',
    ['-p', 'tsconfig.types.json', '--outDir', folder],
    {encoding: 'utf8'},
  );
  if (status !== 0) throw new Error(`the types can't be built:\n${stdout}${stderr}`);
  const needed = reached(resolve(folder, 'worker/index.d.ts'));
  for (const name of readdirSync(folder, {recursive: true})) {
    const path = resolve(folder, name);
    if (statSync(path).isFile() && !needed.has(path)) rmSync(path);
  }
  for (const name of readdirSync(folder))
    if (readdirSync(join(folder, name)).length === 0) rmSync(join(folder, name), {recursive: true});
}
