/** Programs of workers that a shell can't be: in Python, which is up in a few milliseconds. */

const HELLO = `
import array, os, socket, time
me = os.environ['BROOD_WORKER']
os.makedirs('mains/' + me.split('/')[0], exist_ok=True)
with open('mains/' + me, 'a') as mains: mains.write(f'{os.getpid()}\\n')
`;

/**
 * Says that it is alive ten times a second; as long as the file `change` is there, that a child of its is the main process.
 * When that begins it sends a descriptor, too, which nobody wants. The child ends when the file `over` is there: by then
 * the supervisor knows that it is not the main process any more, also where a keeper died with that message.
 */
export const SPEAKER = `${HELLO}
def say(text, descriptors=[]):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', descriptors))] if descriptors else []
        try:
            s.connect(os.environ['NOTIFY_SOCKET'])
            s.sendmsg([text.encode()], rights)
        except OSError:
            pass # its keeper has died: the next one is told
child = 0
changes = me.startswith('speaks/')
while True:
    if changes and os.path.exists('change') and not child:
        child = os.fork()
        if child == 0: os.execlp('sleep', 'sleep', '1020')
        say('FDSTORE=1', [0])
    elif child and os.path.exists('over'):
        os.kill(child, 9)
        os.waitpid(child, 0)
        child = 0
    main = child if child and os.path.exists('change') else os.getpid()
    say(f'READY=1\\nWATCHDOG=1\\nMAINPID={main}\\nSTATUS=as ever')
    time.sleep(0.1)
`;

/** Answers every request on the socket that it has inherited. */
export const SERVER = `${HELLO}
listener = socket.socket(fileno=int(os.environ['BROOD_FD_WEB']))
while True:
    client, _ = listener.accept()
    with client:
        client.recv(65536)
        client.sendall(b'HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')
`;
