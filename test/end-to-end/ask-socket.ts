/**
 * Synchronous requests to a control socket that start no process: tests poll a fleet often, and a command takes a
 * hundred times the processor time of its request. The caller blocks, as in `spawnSync`, while a thread waits for the
 * answer.
 */
import {MessageChannel, receiveMessageOnPort, Worker} from 'node:worker_threads';

const ANSWER_MS = 2_000;

const THREAD = `
const {parentPort} = require('node:worker_threads');
const {connect} = require('node:net');
parentPort.on('message', ({path, line, port, flag}) => {
  const socket = connect(path);
  let text = '';
  const done = answer => {
    socket.destroy();
    port.postMessage(answer);
    port.close();
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  socket.setEncoding('utf8');
  socket.on('connect', () => socket.write(line));
  socket.on('data', chunk => {
    text += chunk;
    const end = text.indexOf('\\n');
    if (end >= 0) done(text.slice(0, end));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => done(null));
});
`;

let thread: Worker | null = null;

/** Returns the result of a request; null if there is none within two seconds. */
export function askSocket(path: string, method: string, params: object = {}): unknown {
  if (thread === null) {
    thread = new Worker(THREAD, {eval: true});
    thread.unref();
  }
  const {port1, port2} = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const line = `${JSON.stringify({jsonrpc: '2.0', id: 1, method, params})}\n`;
  thread.postMessage({path, line, port: port2, flag}, [port2]);
  Atomics.wait(flag, 0, 0, ANSWER_MS);
  const message: unknown = receiveMessageOnPort(port1)?.message;
  port1.close();
  if (typeof message !== 'string') return null;
  const answer: unknown = JSON.parse(message);
  return typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : null;
}
