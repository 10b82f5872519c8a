/**
 * A file system in user space that answers everything but FLUSH, READ or LOOKUP: a process that closes a file of it,
 * reads memory that is mapped from one, or looks one up, waits until the file system is gone.
 */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {closeSync, existsSync, mkdirSync, openSync} from 'node:fs';
import {once} from 'node:events';
import {join} from 'node:path';
import {until} from '../end-to-end/harness.ts';
import {isRoot} from '../end-to-end/wrapped.ts';

const MUTE = String.raw`
import ctypes, os, struct, sys
device = os.open('/dev/fuse', os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = f'fd={device},rootmode=40000,user_id=0,group_id=0,allow_other'.encode()
if libc.mount(b'mute', sys.argv[1].encode(), b'fuse', 0, options) != 0:
    print(os.strerror(ctypes.get_errno()), flush=True)
    sys.exit(1)
def attributes(node):
    mode, size = (0o40755, 0) if node == 1 else (0o100666, 1 << 22)
    return struct.pack('<QQQQQQIIIIIIIIII', node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)
def answer(unique, body=b'', error=0):
    os.write(device, struct.pack('<IiQ', 16 + len(body), -error, unique) + body)
LOOKUP, FLUSH = 1, 25
deaf = int(sys.argv[2])
waiting = set()
print('mounted', flush=True)
while True:
    try: request = os.read(device, 1 << 20)
    except OSError: break
    length, opcode, unique, node = struct.unpack_from('<IIQQ', request)
    if opcode == 26: answer(unique, struct.pack('<IIIIHHIIHHI28x', 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, 0)) # INIT
    elif opcode == deaf:
        waiting.add(unique)
        print('asked', flush=True)
    elif opcode == LOOKUP and request[40:-1] == b'f': answer(unique, struct.pack('<QQQQII', 2, 0, 3600, 3600, 0, 0) + attributes(2)) # LOOKUP
    elif opcode == LOOKUP: answer(unique, error=2)
    elif opcode == FLUSH: answer(unique)
    elif opcode == 3: answer(unique, struct.pack('<QII', 3600, 0, 0) + attributes(node)) # GETATTR
    elif opcode == 14: answer(unique, struct.pack('<QII', 0, 2, 0)) # OPEN, keeping what is cached: else it waits for what is being read
    elif opcode == 36 and deaf != FLUSH: # INTERRUPT: without an answer not even SIGKILL ends who waits
        waiter = struct.unpack_from('<Q', request, 40)[0]
        if waiter in waiting: answer(waiter, error=4)
        waiting.discard(waiter)
    elif opcode in (2, 42): pass # FORGET
    elif opcode == 18: answer(unique) # RELEASE
    else: answer(unique, error=38)
`;

/** Reason why such a file system can't be mounted here, or false. */
export const lacksMute: string | false = !isRoot
  ? 'needs root'
  : !existsSync('/dev/fuse') && 'this machine has no /dev/fuse';

/** Unanswered requests by their numbers (linux/fuse.h). */
const DEAF = {lookup: 1, read: 15, flush: 25} as const;

/**
 * Mounts such a file system at a folder, with the file `f`, while `action` runs.
 *
 * @param action receives a function that returns the number of unanswered requests
 */
export async function withMute(
  folder: string,
  deaf: keyof typeof DEAF,
  action: (asked: () => number) => Promise<void>,
): Promise<void> {
  mkdirSync(folder, {recursive: true});
  const server: ChildProcess = spawn('python3', ['-c', MUTE, folder, String(DEAF[deaf])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  try {
    const [said] = (await once(server.stdout!, 'data')) as [Buffer];
    if (!String(said).startsWith('mounted')) throw new Error(`mount: ${String(said)}`);
    let text = '';
    server.stdout!.setEncoding('latin1').on('data', (more: string) => (text += more));
    await action(() => text.split('asked').length - 1);
  } finally {
    // The end of the server disconnects the mount, and waiting processes go on.
    server.kill('SIGKILL');
    await ended;
    spawnSync('umount', ['-l', folder], {stdio: 'ignore'});
  }
}

/**
 * A process of another user that lists a folder into memory mapped from descriptor 3, a file of {@link withMute}. The
 * process holds the folder's lock until that file system is gone.
 */
const HOLD = String.raw`
import ctypes, mmap, os, sys
memory = mmap.mmap(3, 1 << 20)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
folder = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
ctypes.CDLL(None).getdents64(folder, ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory))), ctypes.c_size_t(4096))
`;

/**
 * Holds the lock of a folder that others may read while `action` runs: nothing can be made, renamed or removed in it.
 *
 * @param mute an empty folder for the file system that does not answer
 * @param prefix command that precedes the process that holds the lock
 */
export async function withHeldFolder(
  folder: string,
  mute: string,
  action: () => Promise<void>,
  prefix: readonly string[] = [],
): Promise<void> {
  await withMute(mute, 'read', async asked => {
    const file = openSync(join(mute, 'f'), 'r+');
    const [program, ...words] = [...prefix, 'python3', '-c', HOLD, folder];
    const holder = spawn(program, words, {stdio: ['ignore', 'ignore', 'inherit', file]});
    const ended = once(holder, 'exit');
    closeSync(file);
    try {
      await until('the lock of the folder to be held', () => {
        if (holder.exitCode !== null) throw new Error('who was to hold it has ended');
        return asked() > 0;
      });
      await action();
    } finally {
      holder.kill('SIGKILL');
      await ended;
    }
  });
}
