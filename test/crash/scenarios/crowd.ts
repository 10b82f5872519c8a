/**
 * More clients than the controller has places for: some connections are closed with a reason, others rejected with one.
 */
import {connect, type Socket} from 'node:net';
import {MAX_CONNECTIONS, RESERVED} from '../../../src/control/admission.ts';
import {inFolder} from '../../../src/control/folder.ts';
import {until} from '../../end-to-end/harness.ts';
import {PATIENCE_MS, type Trial} from '../trial.ts';

/** The limit of connections. */
const MOST = 2 * MAX_CONNECTIONS;
const ASK = '{"jsonrpc":"2.0","id":1,"method":"ps","params":{}}\n';
const WATCH = '{"jsonrpc":"2.0","id":1,"method":"watch","params":{}}\n';
/** Clients that send one request and then nothing: after a second their connections may be closed for others. */
const IDLE = 4;
/** Time limit for all responses (ms); if a controller has died, all connect again. */
const ANSWER_MS = 5_000;

async function connectAll(path: string): Promise<boolean> {
  const crowd: Socket[] = [];
  let told = '';
  const join = (line: string): void => {
    const socket = connect(path).on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => (told += text.includes('"error"') ? text : ''));
    socket.write(line);
    crowd.push(socket);
  };
  try {
    for (let n = 0; n < MAX_CONNECTIONS - RESERVED; n++) join(n < IDLE ? ASK : WATCH);
    await until(
      'words to those who lose their place, and to those who get none',
      () => {
        if (/room for a new one/.test(told) && /nothing was done/.test(told)) return true;
        if (crowd.length < MOST) join(WATCH);
        return false;
      },
      ANSWER_MS,
    );
    return true;
  } catch {
    return false;
  } finally {
    for (const socket of crowd) socket.destroy();
  }
}

export async function comeInCrowds(trial: Trial): Promise<void> {
  const path = inFolder.socket(trial.fleet.state);
  await until('a controller that lives as long', () => connectAll(path), PATIENCE_MS);
  await trial.settled();
}
