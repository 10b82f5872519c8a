/** Command lines, as people are shown them. */

/** Ends the text of the loop (src/keeper/anchor.ts), which is there twice, before and behind the shell's name. */
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
