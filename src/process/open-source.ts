/** The best source of processes that this system has. */
import {existsSync} from 'node:fs';
import {ProcSource} from './proc-source.ts';
import {softOpenFiles} from './proc-files.ts';
import type {ProcessSource} from './source.ts';

/** So many descriptors at most are kept open for reading again, and never more than a quarter of what this process may have. */
const KEPT_OPEN = 8192;

export interface SourceOptions {
  /** It will be read many times. */
  readonly again?: boolean;
  /** Only this process and those below it are asked for; a source may tell of others as well. */
  readonly below?: number | null;
  /** ps(1), also where there is a /proc. */
  readonly portable?: boolean;
}

export async function openSource({
  again = false,
  below = null,
  portable = false,
}: SourceOptions = {}): Promise<ProcessSource> {
  if (!portable && existsSync('/proc/self/stat')) {
    const limit = again ? (softOpenFiles(process.pid) ?? 0) : 0;
    return new ProcSource({keepOpen: Math.min(KEPT_OPEN, Math.floor(limit / 4))});
  }
  const {PortableSource} = await import('./portable-source.ts');
  return new PortableSource({below});
}
