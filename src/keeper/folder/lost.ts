/** A keeper that is restarted and finds no folder, or no fleet in it, can only end what is left of the fleet. */
import {errorCode} from '../../base/errors.ts';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {UntrustedError} from '../../home/errors.ts';

/** Errors that another attempt of the anchor would meet again. */
const LASTING = new Set<unknown>(['ENOENT', 'ENOTDIR', 'EROFS', 'EACCES', 'EPERM', 'ELOOP']);

/** Returns whether an error shows that the folder is gone or not this user's, rather than a temporary shortage. */
export const isFolderLost = (error: unknown): boolean =>
  error instanceof UntrustedError || LASTING.has(errorCode(error));

/** Files that define the fleet for a controller: the text that `up` was given, or commits of an earlier controller. */
const TELLS = ['fleet.json', 'snapshot.0', 'snapshot.1'];

/** Returns why no controller could work in the folder; null: one can. */
export const whyNoFleet = (folder: string): string | null =>
  TELLS.some(name => existsSync(join(folder, name))) ? null : `${join(folder, 'fleet.json')} is gone`;
