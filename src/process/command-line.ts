/** The arguments of a process, as `/proc/PID/cmdline` has them: each ends with a zero byte. Untrusted text. */

/**
 * The arguments joined by spaces. A process that sets a title of its own fills what is left with zero bytes; these are left
 * out. A pattern such as `\0+$` looks at each of n such bytes n times where an argument follows them.
 */
export function commandLine(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end).replaceAll('\0', ' ');
}
