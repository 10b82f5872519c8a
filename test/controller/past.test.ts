import {writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {inFolder} from '../../src/control/folder.ts';
import {MAX_UNSENT_BYTES} from '../../src/control/messages.ts';
import {tellPast} from '../../src/controller/handlers/journal-replay.ts';
import {Raw, scratch, serve} from '../control/helpers.ts';

const RECORDS = 20_000;
const filler = 'x'.repeat(Math.ceil((2 * MAX_UNSENT_BYTES) / RECORDS));

/** A server whose journal is longer than what may wait for one client. */
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

test('the whole of a long journal is told in order, though the client reads slower than the disk', async () => {
  const folder = await serveLong();
  const raw = new Raw(folder);
  raw.say({jsonrpc: '2.0', id: 1, method: 'watch', params: {afterSeq: 0}});
  // It does not read at all until another one has got everything.
  raw.socket.pause();
  const other = new Raw(folder);
  other.say({jsonrpc: '2.0', id: 1, method: 'watch', params: {afterSeq: 0}});
  for (let seq = 1; seq <= RECORDS; seq++) expect(await other.next()).toMatchObject({params: {seq}});
  raw.socket.resume();
  for (let seq = 1; seq <= RECORDS; seq++) expect(await raw.next()).toMatchObject({params: {seq}});
  expect(await raw.next()).toMatchObject({id: 1, result: {seq: RECORDS}});
});

test('many who ask for it keep nobody from an answer: those who read, those who do not, and those who know most of it', async () => {
  const folder = await serveLong();
  const ask = (afterSeq: number) => {
    const raw = new Raw(folder);
    raw.say({jsonrpc: '2.0', id: 1, method: 'watch', params: {afterSeq}});
    return raw;
  };
  const watchers = Array.from({length: 20}, () => [ask(0), ask(0), ask(RECORDS - 1)] as const);
  for (const [deaf] of watchers) deaf.socket.pause();
  // The first of them is being told.
  expect(await watchers[0]?.[1].next()).toMatchObject({params: {seq: 1}});
  const other = new Raw(folder);
  other.say({jsonrpc: '2.0', id: 2, method: 'ping'});
  expect(await other.next()).toMatchObject({id: 2, result: {version: '0'}});
  expect(await watchers[19]?.[2].next()).toMatchObject({params: {seq: RECORDS}});
});
