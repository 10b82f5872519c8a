/** Parsers of data that workers and other processes control: notifications, /proc, sockets and kernel events. */
import type {Target} from './target.ts';
import {connector} from './workers/connector.ts';
import {callsAndMounts, locks, maps, tables} from './workers/ipc.ts';
import {notice} from './workers/notify.ts';
import {command, details, environment, status} from './workers/process.ts';
import {inetLines, inetMessage, unixMessage, unixText} from './workers/sockets.ts';
import {stat, statLine} from './workers/stat.ts';

export const workerTargets: readonly Target[] = [
  notice,
  stat,
  statLine,
  command,
  environment,
  status,
  details,
  locks,
  inetLines,
  unixText,
  unixMessage,
  inetMessage,
  tables,
  maps,
  callsAndMounts,
  connector,
];
