/** The source of facts: the running kernel, or a recorded tree of files. */
import type {ProcessFiles} from './process-files.ts';
import {RecordedFolder} from './recorded-folder.ts';
import {ProcessFolder} from '../posix/process-folder.ts';

export const PROC = '/proc';

/** Returns the fast reader where it works. */
export const processFiles = (root: string): ProcessFiles =>
  root === PROC && ProcessFolder.works ? new ProcessFolder() : new RecordedFolder(root);
