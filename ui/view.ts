/** The interface of a view; `views.ts` lists the views. */
import type {Action, Place} from './keys.ts';
import type {Canvas, Rect} from './screen/canvas.ts';

/** A process, or an instance's main process, as the target of an action. Bound at selection: it never changes. */
export interface Target {
  /** Null if it does not run. */
  readonly pid: number | null;
  /** Clock ticks after boot; identifies the process together with the pid. Null if unknown. */
  readonly startTime: string | null;
  /** `web/1`, or null if the process is not the main process of an instance. */
  readonly id: string | null;
  /** The displayed name; untrusted. */
  readonly name: string;
}

/** The view's handler for each action; `false` means not handled. */
export type Handlers = Partial<Record<Action, () => unknown>>;

export interface View {
  /** The title in the line of views: `Fleet`. */
  readonly title: string;
  /** The places whose keys apply here, besides those that apply everywhere. */
  readonly places: ReadonlySet<Place>;
  /** Processes new readings. */
  refresh(): void;
  draw(canvas: Canvas, rect: Rect): void;
  /** Returns whether the view handled the action. */
  act(action: Action): boolean;
  /** The targets of actions. */
  targets(): readonly Target[];
  /** Handles a click inside the view's rectangle. */
  click(x: number, y: number): void;
  wheel(by: number): void;
  /** Returns the results of filter and search as text, or null if there are none. */
  status(): string | null;
}
