/** System V shared memory (shmget(2)): mappings named `/SYSV…`, whose inode is the id of the segment. */
import type {ChannelKind} from './channel-kind.ts';
import {groupBy} from './files.ts';
import type {SharedMapping} from './snapshot.ts';
import {columnOf, ipcNamespace, keyOf, parseTable, type Row} from './system-v.ts';
import type {Channel, End} from './types.ts';

const IS_SEGMENT = /^\/SYSV[\da-f]{8}(?: \(deleted\))?$/;

export const sysvShm: ChannelKind = {
  kind: 'sysv-shm',
  needs: ['mappings'],
  read(snapshot) {
    const mappings = snapshot.mappings.filter(({path}) => IS_SEGMENT.test(path));
    const rows = parseTable(snapshot.text(null, 'sysvipc/shm') ?? '');
    const own = ipcNamespace(snapshot.root, 'self');
    const namespaces = new Map(
      [...new Set(mappings.map(({pid}) => pid))].map(pid => [pid, ipcNamespace(snapshot.root, pid) ?? own]),
    );
    // Each namespace numbers its segments separately.
    const attached = groupBy(mappings, ({pid, inode}) => {
      const namespace = namespaces.get(pid) ?? null;
      return namespace === own ? String(inode) : `${namespace ?? ''} ${inode}`;
    });
    const known = rows.map(row => channelOf(row, attached));
    const ids = new Set(rows.map(row => row['shmid'] ?? ''));
    const foreign = Array.from(attached).filter(([id]) => !ids.has(id));
    return [...known, ...foreign.map(([id, held]) => foreignChannel(id, held))];
  },
};

function channelOf(row: Row, attached: ReadonlyMap<string, readonly SharedMapping[]>): Channel {
  const id = row['shmid'] ?? '';
  return {
    kind: 'sysv-shm',
    id: `sysv-shm:[${id}]`,
    name: keyOf(row),
    ends: endsOf(attached.get(id) ?? []),
    detail: {
      bytes: columnOf(row, 'size'),
      attached: columnOf(row, 'nattch'),
      creator: columnOf(row, 'cpid'),
      lastPid: columnOf(row, 'lpid'),
    },
  };
}

/** Returns a segment of another IPC namespace, whose table is readable only from within. */
function foreignChannel(id: string, held: readonly SharedMapping[]): Channel {
  const [namespace = '', inode = ''] = id.includes(' ') ? id.split(' ') : ['', id];
  return {
    kind: 'sysv-shm',
    id: namespace === '' ? `sysv-shm:[${inode}]` : `sysv-shm:[${namespace} ${inode}]`,
    name: null,
    ends: endsOf(held),
    detail: namespace === '' ? {} : {namespace},
  };
}

/** Returns one end per process: it may have attached a segment more than once. */
const endsOf = (held: readonly SharedMapping[]): End[] =>
  Array.from(
    groupBy(held, ({pid}) => String(pid)),
    ([, own]) => ({
      pid: own[0].pid,
      fd: null,
      mode: own.some(({access}) => access !== 'r') ? 'rw' : 'r',
    }),
  );
