import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {LogFiles} from '../../src/keeper/logs/files.ts';
import {RunOutput} from '../../src/keeper/output/outputs.ts';
import {Epoll} from '../../src/posix/epoll.ts';
import {runOf} from './run-of.ts';

function outputOf(logs: LogFiles): {output: RunOutput; folder: string} {
  const folder = mkdtempSync(join(tmpdir(), 'brood-output-'));
  const epoll = new Epoll();
  onTestFinished(() => {
    epoll.close();
    rmSync(folder, {recursive: true, force: true});
  });
  return {output: new RunOutput(folder, epoll, () => undefined, logs), folder};
}

test('logs of removed instances do not remain, however many there were', () => {
  const logs = new LogFiles();
  const {output, folder} = outputOf(logs);
  for (let i = 0; i < 100; i++) {
    const token = `run-${i}`;
    output.takeUp(runOf({token, id: `extra-${i}/1`}), join(folder, `extra-${i}.1`), 1024);
    expect(logs.count).toBe(1);
    output.forget(token);
    output.forget(token);
  }
  expect(logs.count).toBe(0);
});

test('the logs of an instance are shared as long as any of its runs is known', () => {
  const logs = new LogFiles();
  const {output, folder} = outputOf(logs);
  const own = join(folder, 'web.1');
  const [first, second] = [runOf({token: 'first', id: 'web/1'}), runOf({token: 'second', id: 'web/1'})];
  output.takeUp(first, own, 1024);
  // A retry, as after a shortage of descriptors.
  output.takeUp(first, own, 1024);
  output.takeUp(second, own, 1024);
  output.forget('first');
  expect(logs.count).toBe(1);
  output.forget('second');
  expect(logs.count).toBe(0);
});
