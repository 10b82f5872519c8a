/** The program's interface for views, overlays and actions. */
import type {World} from './data/world.ts';
import type {Action, Binding} from './keys.ts';
import type {Canvas} from './screen/canvas.ts';
import type {Glyphs} from './screen/glyphs.ts';
import type {Style} from './screen/styles.ts';
import type {Target, View} from './view.ts';

export interface AppHost {
  readonly glyphs: Glyphs;
  readonly readOnly: boolean;
  /** Whether mouse reports are on. */
  mouse: boolean;
  /** Requests a new frame. */
  readonly changed: () => void;
  readonly quit: () => void;
  /** Writes a file into the working directory and returns its name. */
  readonly save: (text: string) => string;
}

export interface Shell {
  readonly world: World;
  readonly host: AppHost;
  readonly glyphs: Glyphs;
  readonly views: readonly View[];
  /** The current view, and its index in `views`. */
  readonly view: View;
  readonly current: number;
  readonly size: {readonly width: number; readonly height: number};
  readonly message: {readonly text: string; readonly style: Style} | null;
  /** Whether the whole machine is shown, not only the fleet. */
  all: boolean;
  frozen: boolean;
  /** Processes new readings. */
  refreshed(): void;
  showMessage(text: string, style?: Style): void;
  open(overlay: Overlay): void;
  close(overlay: Overlay): void;
  show(index: number): void;
  /** Shows the view of that class and returns it, or null if there is none. */
  showView<V extends View>(kind: abstract new (...args: never[]) => V): V | null;
  act(action: Action): void;
  /** Whether a binding applies to the current view. */
  applies(binding: Binding): boolean;
  /** The targets of actions. */
  targets(): readonly Target[];
  /** Draws the whole screen for a terminal of that size. */
  draw(width: number, height: number): Canvas;
}

/** A window over the view that receives all keys until it is closed. */
export interface Overlay {
  draw(canvas: Canvas, app: Shell): void;
  key(name: string, app: Shell): void;
  click?(x: number, y: number, app: Shell): void;
}
