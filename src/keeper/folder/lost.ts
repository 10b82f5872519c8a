/** A keeper that is started again and finds no folder, or no fleet in it: what is left of the fleet can only be ended. */
import {errorCode} from '../../base/errors.ts';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {UntrustedError} from '../../home/errors.ts';

/** What another attempt of the anchor would find again. */
const LASTING = new Set<unknown>(['ENOENT', 'ENOTDIR', 'EROFS', 'EACCES', 'EPERM', 'ELOOP']);

/** Whether an error says that the folder is gone or not this user's, and not that something is lacking for a while. */
export const isFolderLost = (error: unknown): boolean =>
  error instanceof UntrustedError || LASTING.has(errorCode(error));

/** What tells a controller which fleet it is: what `up` was given, or what an earlier controller has committed. */
const TELLS = ['fleet.json', 'snapshot.0', 'snapshot.1'];

/** Why no controller could work in the folder; null: one can. */
export const whyNoFleet = (folder: string): string | null =>
  TELLS.some(name => existsSync(join(folder, name))) ? null : `${join(folder, 'fleet.json')} is gone`;
