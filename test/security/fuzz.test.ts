/**
 * Parsers of foreign data, with generated inputs. A failure reports the seed: `SEED=N` repeats it.
 */
import {afterAll, expect, test} from 'vitest';
import {Raw, serve} from '../control/helpers.ts';
import {answerTargets} from './fuzz/answers.ts';
import {fleetTargets} from './fuzz/fleet-files.ts';
import {steepIn} from './fuzz/linear.ts';
import {Inputs} from './fuzz/inputs.ts';
import {fuzz, seed} from './fuzz/run.ts';
import {kernelTargets} from './fuzz/kernel.ts';
import {stateTargets} from './fuzz/state.ts';
import {removeStateFolder} from './fuzz/state/scratch.ts';
import {workerTargets} from './fuzz/workers.ts';

const targets = [...workerTargets, ...fleetTargets, ...stateTargets, ...kernelTargets, ...answerTargets];

afterAll(removeStateFolder);

/** For a busy machine; on an idle one, the slowest parser takes a tenth. */
const SLOW_MS = 300_000;

const PING = {pid: 1, version: '1', fleet: 't', ready: true};

test.each(targets)('$name: any input yields a result or a described error', fuzz, SLOW_MS);

test.each(targets)(
  '$name: time grows no faster than the input',
  async target => {
    expect(await steepIn(target, seed), `SEED=${seed}`).toEqual([]);
  },
  SLOW_MS,
);

test('a parser whose time grows with the square of its input is found', async () => {
  // As of lines that are looked up one by one.
  const take = (input: Buffer): void => {
    const text = input.toString('latin1');
    for (let at = text.indexOf('a'); at >= 0; at = text.indexOf('a', at + 40)) text.lastIndexOf('b', at);
  };
  expect(await steepIn({name: 'quadratic', samples: [], pieces: ['a'], take}, seed)).toContain('["","a",""]');
});

test('a control server that receives arbitrary input from many clients still answers the next one', async () => {
  const protocol = stateTargets.find(({name}) => name.includes('rpc'));
  const inputs = new Inputs(protocol ?? {samples: [], pieces: []}, seed);
  const {folder, errors} = await serve({ping: () => PING});
  for (let round = 0; round < 10; round++) {
    const clients = Array.from({length: 20}, () => new Raw(folder));
    for (const client of clients) client.socket.end(Buffer.concat([inputs.next(), Buffer.from('\n'), inputs.next()]));
    await Promise.all(clients.map(client => client.ended()));
  }
  const last = new Raw(folder);
  last.say({jsonrpc: '2.0', id: 1, method: 'ping', params: {}});
  expect(await last.next(), `SEED=${seed}`).toEqual({jsonrpc: '2.0', id: 1, result: PING});
  expect(errors, `SEED=${seed}`).toEqual([]);
});
