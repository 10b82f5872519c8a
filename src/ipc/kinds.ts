/** The table of kinds: a new kind is a file, and a line here. */
import type {ChannelKind} from './channel-kind.ts';
import {eventfd} from './eventfd.ts';
import {fifo} from './fifo.ts';
import {lock} from './lock.ts';
import {mqueue} from './mqueue.ts';
import {pipe} from './pipe.ts';
import {pty} from './pty.ts';
import {shm} from './shm.ts';
import {signal} from './signal.ts';
import {sysvMsg} from './sysv-msg.ts';
import {sysvSem} from './sysv-sem.ts';
import {sysvShm} from './sysv-shm.ts';
import {tcp} from './tcp.ts';
import {udp} from './udp.ts';
import {unix} from './unix.ts';
import type {Kind} from './types.ts';

/** In the order of display. */
export const CHANNEL_KINDS: Readonly<Record<Kind, ChannelKind>> = {
  pipe,
  fifo,
  unix,
  tcp,
  udp,
  shm,
  'sysv-shm': sysvShm,
  'sysv-msg': sysvMsg,
  'sysv-sem': sysvSem,
  mqueue,
  eventfd,
  pty,
  lock,
  signal,
};
