/** Reports workers that end because another process has their port, and names that process. */
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';
import {commandOf} from '../../../process/proc-files.ts';
import {plainText} from '../../../text/sanitize.ts';
import {workerOf, type Check} from '../target.ts';

const IN_USE = /EADDRINUSE|address (is )?already in use|errno[: ]*-?98\b|another program listens there/i;
/** `127.0.0.1:8080`, `:::3000`, `port 8080`. */
const PORT = /(?:[\d.:\]*]:|port[ :=]{1,4})(\d{2,5})\b/i;

const LISTEN = '0A';

/** Returns the inode of a socket that listens on a TCP port (proc(5), /proc/net/tcp), or null if there is none. */
function listenerInode(port: number): string | null {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const path of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text: string;
    try {
      text = readFileSync(path, 'latin1');
    } catch {
      continue;
    }
    for (const line of text.split('\n')) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(`:${hex}`) === true && state === LISTEN && inode !== undefined) return inode;
    }
  }
  return null;
}

/** Returns a process that has the socket open, or null if this user can see none. */
function holderOf(inode: string): number | null {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const fd of readdirSync(`/proc/${entry}/fd`)) {
        if (readlinkSync(`/proc/${entry}/fd/${fd}`) === `socket:[${inode}]`) return Number(entry);
      }
    } catch {
      // The process is gone or belongs to another user.
    }
  }
  return null;
}

export const ports: Check = async ({instances, lastWords}) => {
  const problems = [];
  for (const {id, status, reason} of instances) {
    if (status !== 'backoff' && status !== 'failed') continue;
    const words = [reason ?? '', ...(await lastWords(id))];
    if (!words.some(text => IN_USE.test(text))) continue;
    // Some programs print the port beside the error, others on a line of its own.
    const telling = [...words.filter(text => IN_USE.test(text)), ...words].find(text => PORT.test(text));
    const port = Number(PORT.exec(telling ?? '')?.[1] ?? 0);
    const inode = port > 0 ? listenerInode(port) : null;
    const pid = inode === null ? null : holderOf(inode);
    const holder =
      pid === null
        ? inode === null
          ? 'no process listens there at the moment'
          : 'this user may not see which one'
        : `it is pid ${pid}, ${plainText(commandOf(pid)).slice(0, 100)}`;
    problems.push({
      kind: 'port-in-use',
      worker: workerOf(id),
      message: `${id} can't listen${port > 0 ? ` on port ${port}` : ''}, since another program uses the address; ${holder}`,
      advice: `Stop that program, or give ${workerOf(id)} another port. If both are its own instances, they can share the port through a \`socket\` channel.`,
    });
  }
  return problems;
};
