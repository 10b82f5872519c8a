#!/usr/bin/env python3
"""A ring of processes, connected to their neighbours by pipes, unix socket pairs and TCP on loopback: five ends each.

usage: channels.py COUNT
Prints "ready" when all of them hold their ends, and kills them at the end of its standard input."""
import ctypes
import os
import resource
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1
FIRST = 100
LIBC = ctypes.CDLL(None)


def join_next(listener):
    """Makes the channels between one process and the next. Returns their descriptors, open in this program."""
    reading, writing = os.pipe()
    near, far = socket.socketpair()
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    return [reading, writing, near.detach(), far.detach(), client.detach(), server.detach()]


def hold(before, after, is_even):
    # A connection is shared by two neighbours: one end in each.
    held = [before[0], after[1], before[2], after[3], after[4] if is_even else before[5]]
    for i, fd in enumerate(held):
        os.dup2(fd, FIRST + i)
    nothing = os.open('/dev/null', os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    os.closerange(3, FIRST)
    while True:
        signal.pause()


def main():
    count = int(sys.argv[1])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    parent = os.getpid()
    listener = socket.create_server(('127.0.0.1', 0))
    first = before = join_next(listener)
    children = []
    for i in range(count):
        after = first if i == count - 1 else join_next(listener)
        pid = os.fork()
        if pid == 0:
            # No child may outlive the parent, however that ends.
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                hold(before, after, i % 2 == 0)
            os._exit(0)
        children.append(pid)
        if i > 0:
            for fd in before:
                os.close(fd)
        before = after
    for fd in first:
        os.close(fd)
    print('ready', flush=True)
    while os.read(0, 4096):
        pass
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)


if __name__ == '__main__':
    main()
