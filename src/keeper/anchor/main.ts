/**
 * Becomes the anchor: sets the subreaper flag, which the shell can't, then executes the shell (execve keeps the flag
 * and the pid). Arguments: the shell, then those of its loop (anchor.ts).
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
 * Restores the soft limit of open files of the shell that called the launcher; the keeper reads it here. Node raises
 * its own limit before any script runs, in the launcher too, so the limit is read from the launcher's parent.
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
// libuv starts probes and hooks without resetting real-time signals: they would inherit those that are ignored here.
stopIgnoring();
takeLimitOfShell();
// Other inherited descriptors are strangers': left open, they would keep a reader waiting as long as the fleet lives.
closeOnExecFrom(STATUS_FD);
// Node has marked the standard streams close-on-exec, too. The fourth descriptor reports to the launcher whether the
// supervisor has come up; the loop closes it after the keeper's report.
for (const fd of [0, 1, 2, STATUS_FD]) {
  try {
    keepOnExec(fd);
  } catch {
    // The descriptor was closed from the start: it has no reader.
  }
}
const env: Record<string, string> = {};
for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
openRest(REST_FD, REST_MS);
try {
  openDescriptorQueueAt(STORE_FDS);
} catch {
  // No descriptor is left: each keeper makes its own queue, which is lost with keeper and controller.
}
// Under its own name: some binaries choose by argv[0] which of several shells they are.
become(shell, [shell, ...anchorArguments(shell, rest)], env);
