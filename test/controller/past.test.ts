import {writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {inFolder} from '../../src/control/folder.ts';
import {MAX_UNSENT_BYTES} from '../../src/control/messages.ts';
import {tellPast} from '../../src/controller/handlers/journal-replay.ts';
import {Raw, scratch, serve} from '../control/helpers.ts';

const RECORDS = 20_000;
const filler = 'x'.repeat(Math.ceil((2 * MAX_UNSENT_BYTES) / RECORDS));

/** Starts a server whose journal is larger than the send buffer limit of a client. */
async function serveLong() {
  const folder = scratch();
  const lines = Array.from({length: RECORDS}, (_, at) => JSON.stringify({seq: at + 1, at: '', type: 'x', filler}));
  writeFileSync(inFolder.journal(folder), lines.join('\n') + '\n');
  let told = 0;
  await serve(
    {
      ping: () => ({pid: 1, version: String(told), fleet: 'f', ready: true}),
      async watch({afterSeq = -1}, context) {
        await tellPast(folder, afterSeq, context);
        told++;
        return {seq: RECORDS};
      },
    },
    {folder},
  );
  return folder;
}

test('the whole of a long journal is sent in order, even if the client reads slower than the disk', async () => {
  const folder = await serveLong();
  const raw = new Raw(folder);
  raw.say({jsonrpc: '2.0', id: 1, method: 'watch', params: {afterSeq: 0}});
  // This client does not read until the other one has got everything.
  raw.socket.pause();
  const other = new Raw(folder);
  other.say({jsonrpc: '2.0', id: 1, method: 'watch', params: {afterSeq: 0}});
  for (let seq = 1; seq <= RECORDS; seq++) expect(await other.next()).toMatchObject({params: {seq}});
  raw.socket.resume();
  for (let seq = 1; seq <= RECORDS; seq++) expect(await raw.next()).toMatchObject({params: {seq}});
  expect(await raw.next()).toMatchObject({id: 1, result: {seq: RECORDS}});
});

test('many watchers of the past delay no response: readers, non-readers, and clients that lack only the end', async () => {
  const folder = await serveLong();
  const ask = (afterSeq: number) => {
    const raw = new Raw(folder);
    raw.say({jsonrpc: '2.0', id: 1, method: 'watch', params: {afterSeq}});
    return raw;
  };
  const watchers = Array.from({length: 20}, () => [ask(0), ask(0), ask(RECORDS - 1)] as const);
  for (const [deaf] of watchers) deaf.socket.pause();
  // The replay to the first of them has begun.
  expect(await watchers[0]?.[1].next()).toMatchObject({params: {seq: 1}});
  const other = new Raw(folder);
  other.say({jsonrpc: '2.0', id: 2, method: 'ping'});
  expect(await other.next()).toMatchObject({id: 2, result: {version: '0'}});
  expect(await watchers[19]?.[2].next()).toMatchObject({params: {seq: RECORDS}});
});
