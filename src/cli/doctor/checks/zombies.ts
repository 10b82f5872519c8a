/** Reports zombies, grouped by parent, since the parent is at fault. */
import {groupBy} from '../../../ipc/files.ts';
import {readStat} from '../../../process/stat.ts';
import {exitWords} from '../../../words/instance-words.ts';
import {count, formatDuration} from '../../../base/format.ts';
import type {ZombieReport} from '../../../control/reports.ts';
import type {FindingCheck} from '../target.ts';
import {fixZombies} from '../fixes.ts';

const WHAT_IT_IS =
  'A zombie runs no more and needs no memory, but keeps its place in the table of processes, so that its parent can ask how it ended (wait(2)); one that never asks collects them until no process can be started';

const named = (name: string | null): string => (name === null ? '' : ` (${name})`);

function ends({exit, ageMs}: ZombieReport): string {
  const how = exit === null ? 'how, this user may not see' : `with ${exitWords({...exit, reason: ''})}`;
  return `${ageMs === null ? 'has ended' : `ended ${formatDuration(ageMs)} ago`}, ${how}`;
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
    return `The parent is stopped (state ${state}), so it can't wait for anybody: \`brood resume\`, or \`kill -CONT ${ppid}\`, lets it go on.`;
  }
  if (ppid === 1) {
    return 'Process 1 has to wait for all that lose their parents, and this one does not: in a container, give it an init (`docker run --init`), or let `brood up` be process 1.';
  }
  const itself =
    id === null ? '' : ' In the fleet file `zombies: nudge` or `zombies: restart` does the same by itself.';
  const then =
    id === null
      ? 'ending the parent is what is left, as they are then given to init, which waits'
      : `${id} is restarted`;
  return `Its program has a mistake: it must wait for each child that it starts (SIGCHLD tells when one has ended). \`--fix\` sends SIGCHLD, in case one was missed; if that does not help, ${then}.${itself}`;
}
