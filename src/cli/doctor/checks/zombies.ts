/** Reports zombies, grouped by parent, since the parent is at fault. */
import {groupBy} from '../../../ipc/files.ts';
import {readStat} from '../../../process/stat.ts';
import {exitWords} from '../../../text/instance-words.ts';
import {count, formatDuration} from '../../../base/format.ts';
import type {ZombieReport} from '../../../control/reports.ts';
import type {FindingCheck} from '../target.ts';
import {fixZombies} from '../fixes.ts';

const WHAT_IT_IS =
  'A zombie no longer runs and uses no memory, but stays in the process table until its parent reads its exit status (wait(2)); a parent that never does so collects zombies until no process can be started';

const named = (name: string | null): string => (name === null ? '' : ` (${name})`);

function ends({exit, ageMs}: ZombieReport): string {
  const how = exit === null ? 'but this user may not see its exit status' : `with ${exitWords({...exit, reason: ''})}`;
  return `${ageMs === null ? 'has exited' : `exited ${formatDuration(ageMs)} ago`}, ${how}`;
}

export const zombies: FindingCheck = ({zombies: all, client}) => {
  return [...groupBy(all, ({ppid}) => String(ppid)).values()].map((children, index) => {
    const [first] = children;
    const {ppid, worker} = first;
    const id = worker === null ? null : `${worker}/${first.instance ?? ''}`;
    const parent = `${ppid}${named(first.parent)}`;
    const whose = id === null ? '' : ` of ${id}`;
    const who =
      children.length === 1
        ? `process ${first.pid}${named(first.name)}${whose} is a zombie: it ${ends(first)}, and its parent ${parent} has not waited for it`
        : `process ${parent}${whose} has not waited for ${children.length} of its children: ${some(children)}`;
    return {
      kind: 'zombie',
      worker,
      message: index === 0 ? `${who}. ${WHAT_IT_IS}.` : `${who}.`,
      advice: advice(ppid, id),
      fix: fixZombies(children, client),
    };
  });
};

const SHOWN = 3;

function some(children: readonly ZombieReport[]): string {
  const shown = children.slice(0, SHOWN).map(child => `${child.pid}${named(child.name)} ${ends(child)}`);
  const rest = children.length - shown.length;
  return shown.join('; ') + (rest > 0 ? `; and ${count(rest, 'more', 'more')}` : '');
}

function advice(ppid: number, id: string | null): string {
  const state = readStat(ppid)?.state;
  if (state === 'T' || state === 't') {
    return `The parent is stopped (state ${state}), so it can't wait for its children: \`brood resume\` or \`kill -CONT ${ppid}\` continues it.`;
  }
  if (ppid === 1) {
    return 'Process 1 must wait for all processes that lose their parents, and this one does not: in a container, add an init (`docker run --init`), or run `brood up` as process 1.';
  }
  const itself =
    id === null ? '' : ' In the fleet file, `zombies: nudge` or `zombies: restart` does the same automatically.';
  const then = id === null ? 'kill the parent: init then adopts its zombies and waits for them' : `${id} is restarted`;
  return `The parent has a bug: it must wait for each child that it starts (SIGCHLD reports an exit). \`--fix\` sends SIGCHLD, in case one was missed; if that does not help, ${then}.${itself}`;
}
