/** POSIX message queues (mq_overview(7)): a descriptor leads to `/name` in a separate file system. */
import {statfsSync} from 'node:fs';
import {basename, join} from 'node:path';
import {queueState} from '../posix/message-queue.ts';
import type {ChannelKind} from './channel-kind.ts';
import {byFile, endOf, isDeleted, withoutDeleted} from './files.ts';
import type {OpenFile, Snapshot} from './snapshot.ts';

const S_IFREG = 0o100000;
const MQUEUE_MAGIC = 0x19800202;

export const mqueue: ChannelKind = {
  kind: 'mqueue',
  needs: ['files'],
  read(snapshot) {
    const isQueue = queueTest(snapshot);
    return Array.from(byFile(snapshot.files.filter(isQueue)), ([id, held]) => {
      const [{path}] = held;
      return {
        kind: 'mqueue',
        id: `mqueue:[${id}]`,
        // If that file system is mounted, the path includes a folder.
        name: `/${basename(withoutDeleted(path))}`,
        ends: held.map(endOf),
        detail: {...detailOf(snapshot, held), ...(isDeleted(path) ? {deleted: true} : {})},
      };
    });
  },
};

const descriptorOf = ({root}: Snapshot, {pid, fd}: OpenFile): string => join(root, String(pid), 'fd', String(fd));

/** Returns a test for files of that file system, which has no device. Few have none, and each is checked once. */
function queueTest(snapshot: Snapshot): (file: OpenFile) => boolean {
  const known = new Map<string, boolean>();
  return file => {
    if (file.type !== S_IFREG || !file.device.startsWith('00:')) return false;
    let isQueue = known.get(file.device);
    if (isQueue === undefined) {
      try {
        isQueue = statfsSync(descriptorOf(snapshot, file)).type === MQUEUE_MAGIC;
        known.set(file.device, isQueue);
      } catch {
        return false;
      }
    }
    return isQueue;
  };
}

function detailOf(snapshot: Snapshot, held: readonly OpenFile[]): Readonly<Record<string, unknown>> {
  for (const file of held) {
    const state = queueState(descriptorOf(snapshot, file));
    if (state !== null) return {...state};
  }
  return {messages: null, bytes: null, denied: true};
}
