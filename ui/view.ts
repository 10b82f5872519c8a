/** What a view is; `views.ts` lists the views. */
import type {Action, Place} from './keys.ts';
import type {Canvas, Rect} from './screen/canvas.ts';

/** A process, or the main one of an instance, that something is to be done to. Bound when it was chosen: it never moves. */
export interface Target {
  /** Null where it does not run. */
  readonly pid: number | null;
  /** Clock ticks after boot; with the pid its identity. Null: not known. */
  readonly startTime: string | null;
  /** `web/1`; null where it is no instance's main process. */
  readonly id: string | null;
  /** What it is called; untrusted. */
  readonly name: string;
}

/** What a view does for which action; `false`: nothing, somebody else may. */
export type Handlers = Partial<Record<Action, () => unknown>>;

export interface View {
  /** In the line of views: `Fleet`. */
  readonly title: string;
  /** Which keys mean something here, beside those that do everywhere. */
  readonly places: ReadonlySet<Place>;
  /** There are new readings. */
  refresh(): void;
  draw(canvas: Canvas, rect: Rect): void;
  /** Answers whether it knew what to do. */
  act(action: Action): boolean;
  /** What the actions are about. */
  targets(): readonly Target[];
  /** A click inside of its rectangle. */
  click(x: number, y: number): void;
  wheel(by: number): void;
  /** How many lines are found by filter and search, in words; null: nothing to say. */
  status(): string | null;
}
