/** What keeps a supervisor from answering, as far as it can be seen from outside; in words, with what helps. */
import {formatDuration} from '../../base/format.ts';

export type Part = 'anchor' | 'keeper' | 'controller';

/** A process of the supervisor, as /proc shows it. */
export interface SeenProcess {
  readonly part: Part;
  readonly pid: number;
  /** Clock ticks after boot; null where that is not known. */
  readonly startTime: string | null;
  /** R S D T t Z X (proc(5)); null: it is gone. */
  readonly state: string | null;
}

export interface SupervisorLook {
  /** Null: there is none. */
  readonly anchor: SeenProcess | null;
  readonly keeper: SeenProcess | null;
  /** Null: none listens on the control socket, or it was not looked for. */
  readonly controller: SeenProcess | null;
}

/** What was noticed by asking. */
export interface Answers {
  /** The controller was asked something and has not answered in time. */
  readonly controllerIsSilent: boolean;
  /** For how long (ms) the keeper has not answered its controller; null: not known. */
  readonly keeperSilentMs: number | null;
}

export interface Trouble {
  readonly part: Part;
  readonly kind: 'stopped' | 'traced' | 'waits-in-kernel' | 'zombie' | 'gone' | 'silent';
  readonly process: SeenProcess | null;
  /** What is wrong. */
  readonly words: string;
  /** What helps. */
  readonly cure: string;
}

/** The controller expects a beat of its keeper every 2 s. */
const KEEPER_SILENT_MS = 6_000;

/**
 * @param before an earlier look: a process is in state D for a moment whenever it reads a disk, and only one that is so
 * in both looks is taken to be stuck
 */
export function troublesOf(look: SupervisorLook, before: SupervisorLook, answers: Answers): readonly Trouble[] {
  const found: Trouble[] = [];
  const add = (trouble: Trouble | null): void => {
    if (trouble) found.push(trouble);
  };
  if (look.keeper) add(keeperTrouble(look, before, look.keeper, answers));
  if (look.controller) add(ofState(look.controller, before.controller));
  if (answers.controllerIsSilent && !found.some(({part}) => part === 'controller')) add(controllerSilent(look));
  // What is left of an anchor that has ended is init's to wait for, and does no harm.
  if (look.anchor && isThere(look.anchor)) add(ofState(look.anchor, before.anchor));
  return found;
}

/** Whether it has not ended. */
export const isThere = (process: SeenProcess | null): boolean =>
  process !== null && process.state !== null && process.state !== 'Z' && process.state !== 'X';

function keeperTrouble(
  {anchor}: SupervisorLook,
  before: SupervisorLook,
  keeper: SeenProcess,
  {keeperSilentMs}: Answers,
): Trouble | null {
  if (keeper.state === null) {
    const cure = isThere(anchor)
      ? `the anchor (pid ${anchor?.pid ?? '?'}) starts it again`
      : 'its workers may live on; `brood up` takes them back';
    return {part: 'keeper', kind: 'gone', process: keeper, words: `the keeper (pid ${keeper.pid}) is gone`, cure};
  }
  const trouble = ofState(keeper, before.keeper);
  if (trouble || keeperSilentMs === null || keeperSilentMs < KEEPER_SILENT_MS) return trouble;
  return {
    part: 'keeper',
    kind: 'silent',
    process: keeper,
    words: `the keeper (pid ${keeper.pid}, state ${keeper.state}) does not answer, and has not for ${formatDuration(keeperSilentMs)}`,
    cure: 'it may be short of CPU time; `kill -KILL` of it is safe: the anchor starts another one, and workers run on',
  };
}

/** What a state alone tells; null: it is well, or this is no more than a moment. */
function ofState(process: SeenProcess, before: SeenProcess | null): Trouble | null {
  const {part, pid, state} = process;
  const name = `the ${part} (pid ${pid})`;
  // Nothing is asked of an anchor.
  const silent = part === 'anchor' ? name : `${name} does not answer: it`;
  switch (state ?? '') {
    case 'T':
      return {
        part,
        kind: 'stopped',
        process,
        words: `${silent} is stopped (state T)${WITHOUT[part]}`,
        cure: `\`kill -CONT ${pid}\` continues it`,
      };
    case 't':
      return {
        part,
        kind: 'traced',
        process,
        words: `${silent} is held by a debugger (state t)${WITHOUT[part]}`,
        cure: 'the debugger has to continue it, or to detach',
      };
    case 'Z':
    case 'X':
      return {
        part,
        kind: 'zombie',
        process,
        words: `${silent} has ended, and its parent has not waited for it (state Z)`,
        cure: 'look at its parent: `ps -o pid,ppid,stat,args`; a stopped parent is continued by `kill -CONT`',
      };
    case 'D':
      if (before?.state !== 'D' || before.pid !== pid) return null;
      return {
        part,
        kind: 'waits-in-kernel',
        process,
        words: `${silent} waits in the kernel (state D)${WITHOUT[part]}`,
        cure: `a disk or a network file system does not answer; \`cat /proc/${pid}/wchan\` may tell which`,
      };
    default:
      return null;
  }
}

/** What does not happen meanwhile. */
const WITHOUT: Readonly<Record<Part, string>> = {
  anchor: ', so a keeper that is lost is not started again',
  keeper: ', so nothing is started or stopped',
  controller: '',
};

function controllerSilent({controller}: SupervisorLook): Trouble {
  return {
    part: 'controller',
    kind: 'silent',
    process: controller,
    words: controller
      ? `the controller (pid ${controller.pid}, state ${controller.state ?? '?'}) does not answer`
      : 'no controller answers',
    cure: controller
      ? 'its keeper replaces a controller that is silent for 10 s; the machine may be short of CPU time'
      : 'its keeper starts one; supervisor.log in the fleet’s folder may tell why that fails',
  };
}

/** One sentence. */
export const troubleWords = ({words, cure}: Trouble): string => `${words}; ${cure}`;
