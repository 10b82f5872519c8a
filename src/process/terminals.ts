/** Names of controlling terminals as in ps(1), from the device number (proc(5), field 7). */
import {readSmall} from './stat.ts';

interface Driver {
  readonly prefix: string;
  readonly major: number;
  readonly from: number;
  readonly to: number;
  /** The driver has only this terminal, without a number. */
  readonly isSingle: boolean;
}

/** Major numbers of Unix98 pseudo terminals, 256 terminals for each. */
const PTS_FIRST = 136;
const PTS_LAST = 143;
/** The only driver whose terminals are numbered by minor: /dev/tty1 is 4:1. */
const VIRTUAL_CONSOLES = '/dev/tty';

export class Terminals {
  readonly #root: string;
  #drivers: readonly Driver[] | undefined;

  constructor(root = '/proc') {
    this.#root = root;
  }

  /**
   * Returns the name: `pts/3`, `tty1`, `ttyS0`; null: none. A device without a known driver is shown as its numbers.
   */
  name(device: number): string | null {
    if (device === 0) return null;
    const major = (device >>> 8) & 0xfff;
    const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
    if (major >= PTS_FIRST && major <= PTS_LAST) return `pts/${minor + (major - PTS_FIRST) * 256}`;
    const driver = this.#all().find(one => one.major === major && minor >= one.from && minor <= one.to);
    if (driver === undefined) return `${major}:${minor}`;
    const name = driver.prefix.replace(/^\/dev\//, '');
    if (driver.isSingle) return name;
    return `${name}${driver.prefix === VIRTUAL_CONSOLES ? minor : minor - driver.from}`;
  }

  /** Parses lines such as `serial  /dev/ttyS  4 64-95 serial`. */
  #all(): readonly Driver[] {
    return (this.#drivers ??= (readSmall(`${this.#root}/tty/drivers`) ?? '').split('\n').flatMap(line => {
      const [, prefix, major, from, to, type = ''] =
        // eslint-disable-next-line brood/linear-regex -- lines of the kernel and its drivers
        /^.+?\s+(\S+)\s+(\d+)\s+(\d+)(?:-(\d+))?\s+(\S+)$/.exec(line) ?? [];
      if (prefix === undefined) return [];
      const isSingle = type.startsWith('system');
      return [{prefix, major: Number(major), from: Number(from), to: Number(to ?? from), isSingle}];
    }));
  }
}
