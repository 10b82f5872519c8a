/** The reasons why a supervisor does not answer, as far as they are visible from outside, each with its cure. */
import {formatDuration} from '../../base/format.ts';

export type Part = 'anchor' | 'keeper' | 'controller';

/** A process of the supervisor, as /proc shows it. */
export interface SeenProcess {
  readonly part: Part;
  readonly pid: number;
  /** Clock ticks after boot; null if unknown. */
  readonly startTime: string | null;
  /** R S D T t Z X (proc(5)); null if the process is gone. */
  readonly state: string | null;
}

export interface SupervisorLook {
  /** Null if there is none. */
  readonly anchor: SeenProcess | null;
  readonly keeper: SeenProcess | null;
  /** Null if no process listens on the control socket, or if it was not examined. */
  readonly controller: SeenProcess | null;
}

/** The results of requests. */
export interface Answers {
  /** The controller has not answered a request in time. */
  readonly controllerIsSilent: boolean;
  /** The time (ms) for which the keeper has not answered its controller; null if unknown. */
  readonly keeperSilentMs: number | null;
}

export interface Trouble {
  readonly part: Part;
  readonly kind: 'stopped' | 'traced' | 'waits-in-kernel' | 'zombie' | 'gone' | 'silent';
  readonly process: SeenProcess | null;
  /** The description. */
  readonly words: string;
  /** The remedy. */
  readonly cure: string;
}

/** The controller expects a heartbeat from its keeper every 2 s. */
const KEEPER_SILENT_MS = 6_000;

/**
 * @param before an earlier look: a process is in state D for a moment whenever it reads a disk, so it counts as stuck
 * only if it is in state D in both looks
 */
export function troublesOf(look: SupervisorLook, before: SupervisorLook, answers: Answers): readonly Trouble[] {
  const found: Trouble[] = [];
  const add = (trouble: Trouble | null): void => {
    if (trouble) found.push(trouble);
  };
  if (look.keeper) add(keeperTrouble(look, before, look.keeper, answers));
  if (look.controller) add(ofState(look.controller, before.controller));
  if (answers.controllerIsSilent && !found.some(({part}) => part === 'controller')) add(controllerSilent(look));
  // An anchor that has ended is harmless: init waits for it.
  if (look.anchor && isThere(look.anchor)) add(ofState(look.anchor, before.anchor));
  return found;
}

/** Whether the process has not ended. */
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
      ? `the anchor (pid ${anchor?.pid ?? '?'}) restarts it`
      : 'its workers may still be running; `brood up` adopts them';
    return {part: 'keeper', kind: 'gone', process: keeper, words: `the keeper (pid ${keeper.pid}) is gone`, cure};
  }
  const trouble = ofState(keeper, before.keeper);
  if (trouble || keeperSilentMs === null || keeperSilentMs < KEEPER_SILENT_MS) return trouble;
  return {
    part: 'keeper',
    kind: 'silent',
    process: keeper,
    words: `the keeper (pid ${keeper.pid}, state ${keeper.state}) does not answer: silent for ${formatDuration(keeperSilentMs)}`,
    cure: 'it may lack CPU time; `kill -KILL` is safe: the anchor restarts it, and the workers keep running',
  };
}

/** Returns the trouble that a state alone shows, or null if the state is normal or may be transient. */
function ofState(process: SeenProcess, before: SeenProcess | null): Trouble | null {
  const {part, pid, state} = process;
  const name = `the ${part} (pid ${pid})`;
  // An anchor gets no requests.
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
        words: `${silent} is stopped by a debugger (state t)${WITHOUT[part]}`,
        cure: 'continue it in the debugger, or detach',
      };
    case 'Z':
    case 'X':
      return {
        part,
        kind: 'zombie',
        process,
        words: `${silent} has exited, and its parent has not waited for it (state Z)`,
        cure: 'check its parent with `ps -o pid,ppid,stat,args`; `kill -CONT` continues a stopped parent',
      };
    case 'D':
      if (before?.state !== 'D' || before.pid !== pid) return null;
      return {
        part,
        kind: 'waits-in-kernel',
        process,
        words: `${silent} is blocked in the kernel (state D)${WITHOUT[part]}`,
        cure: `a disk or a network file system does not respond; \`cat /proc/${pid}/wchan\` may show which`,
      };
    default:
      return null;
  }
}

/** The consequences while a part does not run. */
const WITHOUT: Readonly<Record<Part, string>> = {
  anchor: ', so a lost keeper is not restarted',
  keeper: ', so no worker is started or stopped',
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
      ? 'the keeper replaces a controller that is silent for 10 s; the machine may lack CPU time'
      : "the keeper starts one; if that fails, see supervisor.log in the fleet's folder",
  };
}

/** Returns description and cure in one sentence. */
export const troubleWords = ({words, cure}: Trouble): string => `${words}; ${cure}`;
