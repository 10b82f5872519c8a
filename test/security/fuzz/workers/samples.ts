/** Real files of /proc, from the fixtures and from this machine. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {project} from '../../../end-to-end/harness.ts';

/** Returns the files of this name from the recorded processes, 40 at most. */
export function recorded(name: string): Buffer[] {
  const root = join(project, 'fixtures', 'proc');
  return readdirSync(root, {recursive: true, encoding: 'utf8'})
    .filter(path => path.endsWith(`/${name}`))
    .slice(0, 40)
    .map(path => readFileSync(join(root, path)));
}

/** Returns a file of this machine, or nothing if it is not readable. */
export function here(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
