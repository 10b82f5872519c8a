/** Saves the screen to a file. */
import {writeFileSync} from 'node:fs';
import {hasCode} from '../src/base/errors.ts';

/** Writes a new file into the working directory, without overwriting any, and returns its name. */
export function saveText(text: string): string {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19);
  for (let n = 1; ; n++) {
    const name = `brood-top-${stamp}${n === 1 ? '' : `-${n}`}.txt`;
    try {
      writeFileSync(name, text, {flag: 'wx', mode: 0o600});
      return name;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}
