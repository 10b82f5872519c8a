/** What a shell had open when it called `brood up` is none of the fleet's. */
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {using, WrappedFleet} from './wrapped.ts';

/** Node marks the first descriptors that it inherits close-on-exec, up to a gap; this one it does not see. */
const INHERIT =
  'import os,sys\nos.dup2(1, 251)\nos.dup2(os.open("/dev/null", os.O_WRONLY), 1)\nos.execvp(sys.argv[1], sys.argv[1:])';

test('nobody of the fleet holds what was inherited open, so that whoever reads it comes to its end', async () => {
  const workers = {w: {run: ['sleep', '1000']}};
  await using(new WrappedFleet(['python3', '-c', INHERIT], {fleet: 't', workers}), async fleet => {
    const child = fleet.start(['up', '-d', '--wait'], {stdio: ['ignore', 'pipe', 'ignore']});
    child.stdout?.resume();
    // It is over when the last one has closed it.
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    fleet.prefix = [];
    fleet.prefix = [];
    expect(fleet.worker('w').status).toBe('ready');
  });
});
