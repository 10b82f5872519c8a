/** Worker programs that a shell can't express, in Python, which starts in a few milliseconds. */

const HELLO = `
import array, os, socket, time
me = os.environ['BROOD_WORKER']
os.makedirs('mains/' + me.split('/')[0], exist_ok=True)
with open('mains/' + me, 'a') as mains: mains.write(f'{os.getpid()}\\n')
`;

/**
 * Reports that it is alive ten times a second. While the file `change` exists, it reports a child as the main process,
 * and at the beginning of that also sends a descriptor, which brood does not want. The child ends when the file `over`
 * exists: by then the supervisor has been informed that the child is not the main process any more, even if a keeper
 * died with that message.
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

/** Responds to every request on the inherited socket. */
export const SERVER = `${HELLO}
listener = socket.socket(fileno=int(os.environ['BROOD_FD_WEB']))
while True:
    client, _ = listener.accept()
    with client:
        client.recv(65536)
        client.sendall(b'HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')
`;
