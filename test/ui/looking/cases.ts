/** The tests of one place: for each action, what a key must change on the screen. */
import type {Action} from '../../../ui/keys.ts';

/** Presses a key and checks the screen. */
export type Case = (key: string) => Promise<void>;

export type Cases = Readonly<Partial<Record<Action, Case>>>;
