/** Connects to a fleet's controller by the fleet's folder, and retries while the controller restarts. */
import {formatDuration} from '../base/format.ts';
import {hasCode} from '../base/errors.ts';
import {connect, type Socket} from 'node:net';
import {Client} from './client.ts';
import {ConnectionLostError, NotRunningError} from './errors.ts';
import {inFolder} from './folder.ts';
import {anchorAlive, readLock} from './lock.ts';
import {socketAddress} from './socket-path.ts';
import {findLock} from './supervisor.ts';
import {mustBeTrustedByClient} from '../home/check.ts';

const RETRY_MS = 20;
const ANSWER_MS = 5_000;
const REPAIR_MS = 8_000;

export interface ConnectOptions {
  /**
   * How long to wait for a restarting controller (ms). A fleet counts as running while the keeper or the anchor lives,
   * even if no controller answers at the moment. Default 5000.
   */
  readonly timeoutMs?: number;
}

/**
 * Connects to the controller of the fleet in `folder`.
 *
 * @throws NotRunningError if the fleet has no supervisor; UntrustedError if another user could have put a socket there.
 */
export async function connectFleet(folder: string, options: ConnectOptions = {}): Promise<Client> {
  mustBeTrustedByClient(folder);
  const begun = performance.now();
  for (;;) {
    const outcome = await tryConnect(inFolder.socket(folder));
    if (!(outcome instanceof Error)) return new Client(outcome);
    if (!isRefusal(outcome)) throw outcome;
    const {lock, alive} = findLock(folder);
    if (!alive && !anchorAlive(lock)) throw new NotRunningError(folder, 'no supervisor is running');
    // Without a lock file, the supervisor's next sweep restores the missing files of the folder.
    const timeoutMs = options.timeoutMs ?? (readLock(folder) === null ? REPAIR_MS : ANSWER_MS);
    if (performance.now() >= begun + timeoutMs) {
      const message = `the supervisor (pid ${lock?.pid ?? '?'}) is running, but did not answer within ${formatDuration(timeoutMs)}`;
      throw new ConnectionLostError(message);
    }
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
}

async function tryConnect(path: string): Promise<Socket | Error> {
  let address: ReturnType<typeof socketAddress>;
  try {
    address = socketAddress(path);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  try {
    return await new Promise(resolve => {
      const socket = connect(address.path);
      socket.once('error', resolve);
      socket.once('connect', () => {
        socket.off('error', resolve);
        resolve(socket);
      });
    });
  } finally {
    address.release();
  }
}

/**
 * Whether no server listens (ECONNREFUSED, ENOENT) or the server is exiting (EAGAIN: its queue is full and stays full).
 */
const isRefusal = (error: Error): boolean => hasCode(error, 'ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EAGAIN');
