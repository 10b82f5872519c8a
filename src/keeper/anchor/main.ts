/**
 * Becomes the anchor: sets the subreaper flag, which the shell can't, and then is the shell (execve keeps the flag and
 * the pid). Arguments: the shell, then those of its loop (anchor.ts).
 */
import {anchorArguments, REST_FD, REST_MS, STORE_FDS} from './anchor.ts';
import {openDescriptorQueueAt} from '../../posix/descriptor-queue.ts';
import {stopIgnoring} from '../../posix/inherited-signals.ts';
import {openRest} from '../../posix/rest.ts';
import {peerCredentials} from '../../posix/peer.ts';
import {
  become,
  becomeSubreaper,
  closeOnExecFrom,
  keepOnExec,
  openFilesLimit,
  setOpenFilesLimit,
} from '../../posix/process.ts';
import {softOpenFiles} from '../../process/proc-files.ts';
import {readStat} from '../../process/stat.ts';

const STATUS_FD = 3;

/**
 * Node raises its soft limit of open files before any script runs, and so did the launcher: what the shell had that
 * called it is still to be read at the launcher's parent. The keeper reads it here.
 */
function takeLimitOfShell(): void {
  const launcher = peerCredentials(STATUS_FD);
  const shell = launcher && readStat(launcher.pid)?.ppid;
  const soft = shell ? softOpenFiles(shell) : null;
  if (soft === null || !Number.isFinite(soft)) return;
  const own = openFilesLimit();
  if (BigInt(soft) < own.soft) setOpenFilesLimit({soft: BigInt(soft), hard: own.hard});
}

const [shell = '/bin/sh', ...rest] = process.argv.slice(2);
becomeSubreaper();
// Probes and hooks are started by libuv, which resets no real-time signal: what is ignored here would reach them.
stopIgnoring();
takeLimitOfShell();
// What else was inherited is a stranger's: held open, whoever waits for its end would wait as long as the fleet lives.
closeOnExecFrom(STATUS_FD);
// Node has marked the standard streams close-on-exec, too. Over the fourth the launcher hears whether the
// supervisor has come up; the loop closes it once a keeper has it.
for (const fd of [0, 1, 2, STATUS_FD]) {
  try {
    keepOnExec(fd);
  } catch {
    // It was closed from the start: nobody listens.
  }
}
const env: Record<string, string> = {};
for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
openRest(REST_FD, REST_MS);
try {
  openDescriptorQueueAt(STORE_FDS);
} catch {
  // No descriptor is left: each keeper makes a queue of its own, which is gone with keeper and controller.
}
// By its own name: what a shell is called by tells some of them which of several they are.
become(shell, [shell, ...anchorArguments(shell, rest)], env);
