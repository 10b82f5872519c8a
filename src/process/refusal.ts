/** Descriptions of the errors of kill(2) and setpriority(2). */
import {readFileSync} from 'node:fs';

const CAP_KILL = 5n;

interface Credentials {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly capabilities: bigint;
}

function credentialsOf(pid: number | 'self'): Credentials | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const [, real, effective, saved] = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(status) ?? [];
    const [, capabilities = '0'] = /^CapEff:\s+([\da-f]+)/m.exec(status) ?? [];
    if (real === undefined || effective === undefined || saved === undefined) return null;
    const uids = {real: Number(real), effective: Number(effective), saved: Number(saved)};
    return {...uids, capabilities: BigInt(`0x${capabilities}`)};
  } catch {
    return null;
  }
}

/** Whether kill(2) itself would refuse: another user's process, and no CAP_KILL. */
function isAnothers(pid: number): boolean {
  const self = credentialsOf('self');
  const other = credentialsOf(pid);
  if (self === null || other === null) return false;
  const own = [self.real, self.effective];
  return !own.includes(other.real) && !own.includes(other.saved) && ((self.capabilities >> CAP_KILL) & 1n) === 0n;
}

/** Describes an error from sending a signal to a process or changing its nice value. */
export function whyRefused(pid: number, code: string): string {
  switch (code) {
    case 'ESRCH':
      return 'it is gone';
    case 'EPERM':
      return isAnothers(pid)
        ? 'not permitted: it belongs to another user'
        : 'not permitted (EPERM): a security profile (seccomp, AppArmor, SELinux) forbids it';
    case 'EACCES':
      return 'not permitted: only root may lower a nice value';
    case 'EINVAL':
      return 'not a signal of this system';
    case 'ENOSYS':
      return 'the kernel or a sandbox has no such system call (ENOSYS)';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return `the machine is short of descriptors or memory (${code})`;
    default:
      return code;
  }
}
