/** A worker that sends sd_notify(3) messages on request. */
import {renameSync} from 'node:fs';
import {TestFleet, until} from './harness.ts';

export const quick = {first: '0s', initial: '50ms', max: '200ms'};

/** Python program that executes each script it finds in `web.1.do`; scripts may call `say(text, fds)`. */
export const SPEAKER = `
import array, os, signal, socket, sys, time
address = os.environ['NOTIFY_SOCKET']
if address[0] == '@': address = '\\0' + address[1:]
def say(text, fds=[]):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(address)
    data = text if isinstance(text, bytes) else text.encode()
    s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else [])
    s.close()
def note(name):
    with open(name + '.new', 'w') as f: f.write(str(os.getpid()))
    os.rename(name + '.new', name)
orders = os.environ['BROOD_WORKER'].replace('/', '.') + '.do'
exec(' '.join(sys.argv[1:]))
while True:
    try:
        with open(orders) as f: order = f.read()
        os.unlink(orders)
    except FileNotFoundError:
        time.sleep(0.02)
        continue
    exec(order)
`;

export const speaker = (first = 'pass') => ({
  run: ['python3', 'speaker.py', first],
  ready: {notify: true},
  backoff: quick,
});
export const files = {'speaker.py': SPEAKER};

/** Gives a worker a script; returns once the worker has read it. */
export async function tell(fleet: TestFleet, name: string, python: string): Promise<void> {
  fleet.write(python, `${name}.1.tmp`);
  renameSync(fleet.path(`${name}.1.tmp`), fleet.path(`${name}.1.do`));
  await until(`${name} to do it`, () => fleet.read(`${name}.1.do`) === '');
}
