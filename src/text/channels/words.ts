/** Describes a channel, apart from the processes that it joins. */
import type {Channel} from '../../ipc/types.ts';
import {count, formatBytes} from '../../base/format.ts';
import type {Join} from './joins.ts';

const numberIn = ({detail}: Channel, name: string): number | null => {
  const value = detail[name];
  return typeof value === 'number' ? value : null;
};
const textIn = ({detail}: Channel, name: string): string | null => {
  const value = detail[name];
  return typeof value === 'string' ? value : null;
};

/** Returns the name, state, peer and namespace of a channel; untrusted. */
export function wordsOf(channel: Channel): string {
  const own = [nameOf(channel), stateOf(channel), textIn(channel, 'peer'), textIn(channel, 'namespace')];
  return own.filter(word => word !== null && word !== '').join(', ');
}

const nameOf = ({name, id}: Channel): string => name ?? id;

function stateOf(channel: Channel): string | null {
  switch (channel.kind) {
    case 'unix': {
      const state = textIn(channel, 'state');
      return state === 'established' ? null : state;
    }
    case 'tcp':
    case 'udp': {
      const state = textIn(channel, 'state')?.toLowerCase() ?? null;
      return state === 'established' || state === 'unconnected' ? null : state;
    }
    case 'shm':
    case 'sysv-shm':
      return memoryState(channel);
    case 'mqueue':
    case 'sysv-msg':
      return depth(channel);
    case 'sysv-sem':
      return semaphoreState(channel);
    case 'lock':
      return textIn(channel, 'type') === 'read' ? `${lockName(channel)} to read` : lockName(channel);
    case 'pipe':
    case 'fifo':
    case 'eventfd':
    case 'pty':
    case 'signal':
      return null;
  }
}

function memoryState(channel: Channel): string | null {
  const {semaphore} = channel.detail;
  if (typeof semaphore === 'object' && semaphore !== null && 'value' in semaphore && 'waiters' in semaphore)
    return `semaphore ${String(semaphore.value)}${semaphore.waiters === 0 ? '' : `, ${String(semaphore.waiters)} wait`}`;
  const bytes = numberIn(channel, 'bytes');
  return bytes === null ? null : formatBytes(bytes);
}

function depth(channel: Channel): string {
  const messages = numberIn(channel, 'messages');
  const bytes = numberIn(channel, 'bytes');
  if (messages === null && bytes === null) return 'depth denied';
  const words = [messages === null ? null : count(messages, 'message'), bytes === null ? null : formatBytes(bytes)];
  return words.filter(word => word !== null).join(', ');
}

function semaphoreState(channel: Channel): string {
  if (channel.detail['denied'] === true) return 'values denied';
  const {values} = channel.detail;
  const waiting = numberIn(channel, 'waiting') ?? 0;
  const shown = Array.isArray(values) ? values.slice(0, 8).join(' ') : '';
  return `values ${shown}${waiting === 0 ? '' : `, ${waiting} wait`}`;
}

function lockName({detail}: Channel): string {
  const {range} = detail;
  const [first, last] = Array.isArray(range) ? (range as (number | null)[]) : [];
  const bytes = first === undefined ? '' : ` of bytes ${first ?? 0}-${last ?? 'end'}`;
  const waiters = Array.isArray(detail['waiters']) ? detail['waiters'].length : 0;
  return `${String(detail['lock'])}${bytes}${waiters === 0 ? '' : `, ${waiters} ${waiters === 1 ? 'waits' : 'wait'}`}`;
}

/** Describes a single channel; returns the number of several channels, and the name that they share. */
export function wordsOfJoin({channels}: Join): string {
  const [first] = channels;
  if (first === undefined) return '';
  if (channels.length === 1) return wordsOf(first);
  const isShared = first.name !== null && channels.every(({name}) => name === first.name);
  return `x ${channels.length}${isShared ? ` ${first.name}` : ''}`;
}
