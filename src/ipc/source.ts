/** Where the facts come from: the running kernel, or a tree of files that was recorded. */
import type {ProcessFiles} from './process-files.ts';
import {RecordedFolder} from './recorded-folder.ts';
import {ProcessFolder} from '../posix/process-folder.ts';

export const PROC = '/proc';

/** The quick way where there is one. */
export const processFiles = (root: string): ProcessFiles =>
  root === PROC && ProcessFolder.works ? new ProcessFolder() : new RecordedFolder(root);
