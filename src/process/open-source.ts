/** The choice of the best process source on this system. */
import {existsSync} from 'node:fs';
import {ProcSource} from './proc-source.ts';
import {softOpenFiles} from './proc-files.ts';
import type {ProcessSource} from './source.ts';

/** Maximum number of descriptors kept open for rereading, and never more than a quarter of this process's limit. */
const KEPT_OPEN = 8192;

export interface SourceOptions {
  /** The source is read many times. */
  readonly again?: boolean;
  /** Only this process and its descendants are needed; a source may report others as well. */
  readonly below?: number | null;
  /** Use ps(1), even if there is a /proc. */
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
