/**
 * Reads a worker's `env_file` anew for each start: without blocking, limited in size, with the worker's rights. A file
 * on a file system that may not answer is read by another process, which may block.
 */
import {errorCode} from '../../base/errors.ts';
import {lookAs} from './as-user.ts';
import type {Env, EnvFailure} from './environment.ts';
import {parseEnvFile} from '../../fleet/env-file.ts';
import {readLimited, type Unread} from '../../fleet/syntax/read-limited.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import {mayWait} from '../../process/waiting-mounts.ts';

/** Bytes. execve(2) accepts not much more in total. */
const LARGEST = 2 ** 20;

const UNREAD: Readonly<Record<Unread, string>> = {
  folder: 'it is a folder',
  irregular: 'it is not a regular file',
  large: 'it is larger than 1MiB',
};

const FAILED: Readonly<Record<number, (who: string) => string>> = {
  3: who => `no such file, or its folder is not accessible to ${who}`,
  4: () => 'it is not a regular file',
  5: who => `it is not readable by ${who}`,
};

/** The exit codes are the keys above. */
const SCRIPT = '[ -e "$1" ] || exit 3; [ -f "$1" ] || exit 4; [ -r "$1" ] || exit 5; exec head -c "$2" -- "$1"';

/** Reads the variables of the file; a worker without one has none. */
export async function readEnvFile(spec: WorkerSpec): Promise<{readonly env: Env} | EnvFailure> {
  const {envFile: path, user} = spec;
  if (path === null) return {env: {}};
  const refuse = (why: string, code = 'EINVAL'): EnvFailure => ({
    code,
    message: `env_file ${path} can't be read: ${why}`,
  });
  const read = user === null && !mayWait(path) ? await readOwn(path) : await readElsewhere(spec, path);
  if ('why' in read) return refuse(read.why, read.code);
  const {env, problems} = parseEnvFile(new TextDecoder().decode(read.bytes), path);
  const [first] = problems;
  return first ? {code: 'EINVAL', message: `${first.file}:${first.line}:${first.column}: ${first.message}`} : {env};
}

type Read = {readonly bytes: Uint8Array} | {readonly why: string; readonly code?: string};

async function readOwn(path: string): Promise<Read> {
  try {
    const bytes = await readLimited(path, LARGEST);
    return typeof bytes === 'string' ? {why: UNREAD[bytes]} : {bytes};
  } catch (error) {
    const code = errorCode(error);
    return {why: code, code};
  }
}

async function readElsewhere(spec: WorkerSpec, path: string): Promise<Read> {
  const looked = await lookAs(spec, SCRIPT, [path, String(LARGEST + 1)], LARGEST + 1);
  const as = spec.user === null ? '' : ` (as user ${spec.user})`;
  if ('failed' in looked) return {why: `${looked.failed}${as}`, code: looked.code};
  if (looked.exit !== 0) {
    const why = FAILED[looked.exit]?.(spec.user === null ? 'this user' : 'that user');
    return {why: `${why ?? `exit code ${looked.exit}`}${as}`};
  }
  return looked.bytes.length > LARGEST ? {why: UNREAD.large} : {bytes: looked.bytes};
}
