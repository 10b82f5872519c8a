/** Formats command lines for people. */

import {MOST_SHOWN} from './sanitize.ts';

/**
 * The end of the loop's text (src/keeper/anchor/anchor.ts), which an anchor's command line contains twice, before and
 * after the name of the shell.
 */
const LOOP_ENDS = '\ndone\n';
const LAUNCH = /^[0-9a-f]{16}$/;
/**
 * The most code units to read after the loop: they contain two flags, the programs' folder, the fleet's folder and the
 * launch.
 */
const MOST_REST = 16_384;

/**
 * Replaces an anchor's command line, which contains the text of its loop twice, by a description of the anchor and its
 * fleet. The description proves neither.
 */
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

/** Joins words with blanks, up to the length that is shown of any text: the whole might exceed the longest string. */
export function commandLine(words: readonly string[]): string {
  const shown: string[] = [];
  // One code unit beyond the limit shows that the text is longer.
  for (let left = MOST_SHOWN + 1, at = 0; left > 0 && at < words.length; at++) {
    const word = (words[at] ?? '').slice(0, left);
    shown.push(word);
    left -= word.length + 1;
  }
  return shown.join(' ');
}
