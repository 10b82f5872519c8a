/** Command lines, as people are shown them. */

/** The shell, the text of its loop, its name, the text once more, and what it is called with (src/keeper/anchor.ts). */
const ANCHOR = /^(\S+) -c .* brood-anchor .* (\S+) [0-9a-f]{16} \S+ /s;

/** An anchor's holds the whole text of its loop, twice: what it is, and whose, says more. */
export function shownCommand(command: string): string {
  const anchor = ANCHOR.exec(command);
  return anchor ? `${anchor[1] ?? 'sh'} (brood's anchor of ${anchor[2] ?? '?'})` : command;
}
