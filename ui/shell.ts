/** What views, overlays and actions see of the program that shows them. */
import type {World} from './data/world.ts';
import type {Action, Binding} from './keys.ts';
import type {Canvas} from './screen/canvas.ts';
import type {Glyphs} from './screen/glyphs.ts';
import type {Style} from './screen/styles.ts';
import type {Target, View} from './view.ts';

export interface AppHost {
  readonly glyphs: Glyphs;
  readonly readOnly: boolean;
  /** Reports of the mouse are on. */
  mouse: boolean;
  /** Something is to be drawn. */
  readonly changed: () => void;
  readonly quit: () => void;
  /** Writes a file into the working directory; answers its name. */
  readonly save: (text: string) => string;
}

export interface Shell {
  readonly world: World;
  readonly host: AppHost;
  readonly glyphs: Glyphs;
  readonly views: readonly View[];
  /** The view that is shown, and its place among them. */
  readonly view: View;
  readonly current: number;
  readonly size: {readonly width: number; readonly height: number};
  readonly message: {readonly text: string; readonly style: Style} | null;
  /** All of the machine, not only the fleet. */
  all: boolean;
  frozen: boolean;
  /** There are new readings. */
  refreshed(): void;
  showMessage(text: string, style?: Style): void;
  open(overlay: Overlay): void;
  close(overlay: Overlay): void;
  show(index: number): void;
  /** Shows that view and answers it; null where there is none of that kind. */
  showView<V extends View>(kind: abstract new (...args: never[]) => V): V | null;
  act(action: Action): void;
  /** Whether a key means something where one is. */
  applies(binding: Binding): boolean;
  /** What the actions are about. */
  targets(): readonly Target[];
  /** Draws all there is for a terminal of that size. */
  draw(width: number, height: number): Canvas;
}

/** Something that lies over the view and gets all keys until it is closed. */
export interface Overlay {
  draw(canvas: Canvas, app: Shell): void;
  key(name: string, app: Shell): void;
  click?(x: number, y: number, app: Shell): void;
}
