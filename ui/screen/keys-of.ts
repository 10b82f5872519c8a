/**
 * One name for each key, independent of blessed's names: `a`, `A`, `+`, `enter`, `escape`, `space`, `f5`, `pagedown`,
 * `S-tab`, `C-c`, `M-x`.
 */
import type {Key} from 'blessed';

/** Returns null for an event that is not a key or repeats one under another name. */
export function keyName(character: string | undefined, key: Key): string | null {
  // Enter is reported as `return` and again as `enter`.
  if (key.name === 'return') return null;
  if (key.name === 'linefeed') return 'enter';
  const isText = character !== undefined && !key.ctrl && !key.meta && character >= ' ' && character !== '\x7f';
  if (isText) return character === ' ' ? 'space' : character;
  return key.full === 'undefined' ? null : key.full;
}
