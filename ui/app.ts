/** The program between keys and screen: the current view, overlays, and the message line. */
import type {World} from './data/world.ts';
import {drawFooter} from './footer.ts';
import {drawHeader, headerHeight} from './header.ts';
import {bindingsOf, VIEW_NAMES, type Action, type Binding} from './keys.ts';
import {act} from './actions.ts';
import {Canvas, type Rect} from './screen/canvas.ts';
import type {Glyphs} from './screen/glyphs.ts';
import type {Style} from './screen/styles.ts';
import type {AppHost, Overlay, Shell} from './shell.ts';
import type {Target, View} from './view.ts';
import {createViews} from './views.ts';

/** Display time of a message (ms). */
const MESSAGE_MS = 6_000;

export class App implements Shell {
  readonly world: World;
  readonly host: AppHost;
  readonly views: readonly View[];
  /** Whether the whole machine is shown, not only the fleet. */
  all: boolean;
  frozen = false;
  #current = 0;
  readonly #overlays: Overlay[] = [];
  #message: {readonly text: string; readonly style: Style; readonly until: number} | null = null;
  #viewRect: Rect = {x: 0, y: 0, width: 0, height: 0};
  /** The clickable keys in the footer. */
  #hints: readonly {readonly x: number; readonly width: number; readonly key: string}[] = [];
  #canvas = new Canvas(1, 1);

  constructor(world: World, host: AppHost) {
    this.world = world;
    this.host = host;
    this.all = world.fleet === null;
    this.views = createViews(this);
    if (world.fleet === null) this.#current = VIEW_NAMES.indexOf('tree');
  }

  get view(): View {
    const view = this.views[this.#current];
    if (!view) throw new Error('there is no such view');
    return view;
  }

  get current(): number {
    return this.#current;
  }

  get overlay(): Overlay | undefined {
    return this.#overlays.at(-1);
  }

  get size(): {readonly width: number; readonly height: number} {
    return {width: this.#canvas.width, height: this.#canvas.height};
  }

  get glyphs(): Glyphs {
    return this.host.glyphs;
  }

  get message(): {readonly text: string; readonly style: Style} | null {
    return this.#message !== null && performance.now() < this.#message.until ? this.#message : null;
  }

  /** Processes new readings. */
  refreshed(): void {
    // Hidden views are refreshed when they are shown.
    if (!this.frozen) this.view.refresh();
    this.host.changed();
  }

  showMessage(text: string, style: Style = 'plain'): void {
    this.#message = {text, style, until: performance.now() + MESSAGE_MS};
    this.host.changed();
  }

  open(overlay: Overlay): void {
    this.#overlays.push(overlay);
    this.host.changed();
  }

  close(overlay: Overlay): void {
    const at = this.#overlays.indexOf(overlay);
    if (at >= 0) this.#overlays.splice(at, 1);
    this.host.changed();
  }

  show(index: number): void {
    this.#current = (index + this.views.length) % this.views.length;
    // A message about another view would only hide the keys of this one.
    if (this.#message?.style === 'plain' || this.#message?.style === 'warning') this.#message = null;
    this.view.refresh();
    this.host.changed();
  }

  /** Shows the view of that class and returns it, or null if there is none. */
  showView<V extends View>(kind: abstract new (...args: never[]) => V): V | null {
    const index = this.views.findIndex(view => view instanceof kind);
    const view = this.views[index];
    if (!(view instanceof kind)) return null;
    this.show(index);
    return view;
  }

  key(name: string): void {
    this.host.changed();
    const {overlay} = this;
    if (overlay) {
      if (name === 'C-c') this.host.quit();
      else overlay.key(name, this);
      return;
    }
    const bindings = bindingsOf(name);
    const binding = bindings.find(one => this.applies(one));
    if (binding) this.act(binding.action);
    else if (this.host.readOnly && bindings.some(({acts}) => acts))
      this.showMessage('not available with --read-only', 'warning');
  }

  act(action: Action): void {
    this.host.changed();
    act(action, this);
  }

  /** Whether a binding applies to the current view. */
  applies({place, acts}: Binding): boolean {
    if (acts && this.host.readOnly) return false;
    return place === 'everywhere' || this.view.places.has(place);
  }

  targets(): readonly Target[] {
    return this.view.targets();
  }

  click(x: number, y: number): void {
    this.host.changed();
    const {overlay} = this;
    if (overlay) {
      overlay.click?.(x, y, this);
      return;
    }
    if (y === this.#canvas.height - 1) {
      const hint = this.#hints.find(one => x >= one.x && x < one.x + one.width);
      if (hint) this.key(hint.key);
      return;
    }
    const {x: left, y: top, width, height} = this.#viewRect;
    if (x >= left && x < left + width && y >= top && y < top + height) this.view.click(x - left, y - top);
  }

  wheel(by: number): void {
    this.host.changed();
    if (!this.overlay) this.view.wheel(by);
  }

  /** Draws the whole screen for a terminal of that size. */
  draw(width: number, height: number): Canvas {
    if (this.#canvas.width !== width || this.#canvas.height !== height) this.#canvas = new Canvas(width, height);
    const canvas = this.#canvas;
    canvas.clear();
    const above = headerHeight(width, height);
    const below = height > 4 ? 1 : 0;
    drawHeader(canvas, {x: 0, y: 0, width, height: above}, this);
    this.#viewRect = {x: 0, y: above, width, height: Math.max(0, height - above - below)};
    this.view.draw(canvas, this.#viewRect);
    this.#hints = below === 0 ? [] : drawFooter(canvas, {x: 0, y: height - 1, width, height: 1}, this);
    for (const overlay of this.#overlays) overlay.draw(canvas, this);
    return canvas;
  }
}
