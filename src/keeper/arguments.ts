/** The command line of a keeper, written by its anchor or by the image of the keeper that it replaces. */
import type {KeptNotifications, Replaced} from './handover.ts';

export interface KeeperArguments {
  /** The fleet's folder. */
  readonly folder: string;
  /** Name of the plan that `up` wrote. */
  readonly launch: string | null;
  readonly anchor: number | null;
  /** The anchor has passed on its queue of pipes. Anchors of earlier versions have none. */
  readonly store: boolean;
  /** A termination signal arrived before the start. */
  readonly ending: boolean;
  /** A launcher waits at descriptor 3. */
  readonly launched: boolean;
  /** Check that these programs could take over the folder, then exit. */
  readonly check: boolean;
  readonly replaced: Replaced | null;
}

const OPTION = /^--([a-z]+)(?:=(.*))?$/s;

export function parseArguments(args: readonly string[]): KeeperArguments {
  const options = new Map<string, string>();
  let folder = '';
  for (const arg of args) {
    const [, name, value = ''] = OPTION.exec(arg) ?? [];
    if (name === undefined) folder = arg;
    else options.set(name, value);
  }
  const replaced = options.get('replaced');
  return {
    folder,
    launch: options.get('launch') ?? null,
    anchor: options.has('anchor') ? Number(options.get('anchor')) : null,
    store: options.has('store'),
    ending: options.has('ending'),
    launched: options.has('launched'),
    check: options.has('check'),
    replaced: replaced === undefined ? null : replacedFrom(replaced),
  };
}

/** Returns the arguments for the next image of this keeper. */
export const argumentsAfter = (options: {
  readonly folder: string;
  readonly anchor: number | null;
  readonly ending: boolean;
  readonly replaced: Replaced;
}): string[] => [
  options.folder,
  ...(options.anchor === null ? [] : [`--anchor=${options.anchor}`]),
  ...(options.ending ? ['--ending'] : []),
  `--replaced=${JSON.stringify(options.replaced)}`,
];

/** Reads the state that another image of this keeper has written. Before 0.1, `voices` named the notifications. */
function replacedFrom(text: string): Replaced | null {
  const state = JSON.parse(text) as (Replaced & {readonly voices?: KeptNotifications}) | null;
  if (state?.voices === undefined) return state;
  const {voices, ...replaced} = state;
  return {notifications: voices, ...replaced};
}
