/** Paths of the journal: `journal.jsonl` in the fleet's folder, and rotated `journal.NNNNNNNN.jsonl`. */
import {join} from 'node:path';

export const journalPath = (folder: string): string => join(folder, 'journal.jsonl');
