/** Command lines, as people are shown them. */

import {MOST_SHOWN} from './sanitize.ts';

/** Ends the text of the loop (src/keeper/anchor/anchor.ts), which is there twice, before and behind the shell's name. */
const LOOP_ENDS = '\ndone\n';
const LAUNCH = /^[0-9a-f]{16}$/;
/** Of what follows the loop: two flags, the programs' folder, the fleet's folder and the launch are in it. */
const MOST_REST = 16_384;

/** An anchor's holds the whole text of its loop, twice: what it is, and whose, says more. It is no proof of either. */
export function shownCommand(command: string): string {
  const name = command.indexOf(' brood-anchor ');
  const end = command.lastIndexOf(LOOP_ENDS);
  if (name < 0 || end < name) return command;
  const [shell = '', option] = command.slice(0, name).split(' ', 2);
  const from = end + LOOP_ENDS.length;
  const rest = command.slice(from, from + MOST_REST).split(' ');
  const folder = rest[rest.findIndex(word => LAUNCH.test(word)) - 1];
  return option === '-c' && folder !== undefined ? `${shell} (brood's anchor of ${folder})` : command;
}

/** The words with blanks between them, as much as is shown of any text: there may be so many that no string could hold them. */
export function commandLine(words: readonly string[]): string {
  const shown: string[] = [];
  // One more than is shown says that there is more.
  for (let left = MOST_SHOWN + 1, at = 0; left > 0 && at < words.length; at++) {
    const word = (words[at] ?? '').slice(0, left);
    shown.push(word);
    left -= word.length + 1;
  }
  return shown.join(' ');
}
