/** The fleet inherits no descriptor that the shell had open when it called `brood up`. */
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {using, WrappedFleet} from './wrapped.ts';

/** Node marks inherited descriptors close-on-exec only up to the first gap, so it misses this one. */
const INHERIT =
  'import os,sys\nos.dup2(1, 251)\nos.dup2(os.open("/dev/null", os.O_WRONLY), 1)\nos.execvp(sys.argv[1], sys.argv[1:])';

test('no process of the fleet holds an inherited descriptor open, so that its reader gets an end of file', async () => {
  const workers = {w: {run: ['sleep', '1000']}};
  await using(new WrappedFleet(['python3', '-c', INHERIT], {fleet: 't', workers}), async fleet => {
    const child = fleet.start(['up', '-d', '--wait'], {stdio: ['ignore', 'pipe', 'ignore']});
    child.stdout?.resume();
    // The pipe ends when its last holder has closed it.
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    fleet.prefix = [];
    fleet.prefix = [];
    expect(fleet.worker('w').status).toBe('ready');
  });
});
