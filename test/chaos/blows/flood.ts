/** Floods of the control socket. The controller may disconnect the flooding client, and no other. */
import {connect, type Socket} from 'node:net';
import {join} from 'node:path';
import type {Blow} from '../blow.ts';

/** How one connection misbehaves. */
const MANNERS = {
  garbage: socket => void socket.write(Buffer.from(Array.from({length: 4096}, (_, i) => (i * 7919) % 256))),
  'half a frame': socket => void socket.write('{"jsonrpc":"2.0","id":1,"method":"ps"'),
  'a giant frame': socket => {
    const part = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 32; sent++) socket.write(part);
  },
  'questions without reading the answers': socket => {
    socket.pause();
    socket.write('{"jsonrpc":"2.0","id":1,"method":"ps","params":{}}\n'.repeat(500));
  },
  'watching without reading': socket => {
    socket.pause();
    socket.write('{"jsonrpc":"2.0","id":1,"method":"watch","params":{"afterSeq":0}}\n');
  },
  'bad messages': socket =>
    void socket.write(
      '{"jsonrpc":"2.0"}\n[]\n{"id":{},"method":7}\nnull\n{"jsonrpc":"2.0","id":1,"method":"stop"}\n'.repeat(50),
    ),
  silence: () => undefined,
} as const satisfies Readonly<Record<string, (socket: Socket) => void>>;

const manners = Object.keys(MANNERS) as (keyof typeof MANNERS)[];

export const floodSocket: Blow = {
  name: 'flood the socket',
  weight: 5,
  draw(dice) {
    const manner = dice.pick(manners);
    const connections = manner === 'a giant frame' ? 1 + dice.int(4) : 1 + dice.int(200);
    const ms = 100 + dice.int(1500);
    return {
      words: `${connections} connections with ${manner} for ${ms} ms`,
      strike(field) {
        const folder = field.arena.fleetFolder;
        if (folder === null) return;
        const sockets = Array.from({length: connections}, () => {
          const socket = connect(join(folder, 'control.sock'));
          socket.on('error', () => undefined);
          socket.once('connect', () => MANNERS[manner](socket));
          return socket;
        });
        field.undoAfter(ms, () => sockets.forEach(socket => socket.destroy()));
      },
    };
  },
};
