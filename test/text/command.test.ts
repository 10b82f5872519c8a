import {expect, test} from 'vitest';
import {anchorArguments} from '../../src/keeper/anchor/anchor.ts';
import {commandLine, shownCommand} from '../../src/text/command.ts';
import {MOST_SHOWN, plainText} from '../../src/text/sanitize.ts';

test("an anchor's command line is shown in a readable form, others unchanged", () => {
  const rest = ['/b/shop-1/code/0123456789abcdef', '/b/shop-1', '0123456789abcdef', '/usr/bin/node', '--expose-gc'];
  const command = ['/bin/sh', ...anchorArguments('/bin/sh', rest)].join(' ');
  expect(shownCommand(command)).toBe("/bin/sh (brood's anchor of /b/shop-1)");
  for (const other of ['sh -c brood-anchor', 'node server.js', '']) expect(shownCommand(other)).toBe(other);
});

test('of huge arguments, only the shown part is joined', () => {
  expect(commandLine(['node', 'server.js', ''])).toBe('node server.js ');
  const long = 'y'.repeat(60_000);
  const line = commandLine(new Array<string>(20_000).fill(long));
  expect(line.length).toBeLessThan(MOST_SHOWN + 2);
  expect(plainText(line)).toBe(plainText(long));
});
