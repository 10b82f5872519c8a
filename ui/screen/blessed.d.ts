/**
 * The parts of blessed 0.1.81 in use, some of them internal: cells are written straight into its screen (findings: 0.4
 * ms a frame).
 */
declare module 'blessed' {
  import type {EventEmitter} from 'node:events';

  interface Tput {
    unicode: boolean;
    brokenACS: boolean;
    colors: number;
  }

  export interface Key {
    readonly name?: string;
    readonly full: string;
    readonly sequence: string;
    readonly ctrl: boolean;
    readonly meta: boolean;
    readonly shift: boolean;
  }

  export interface Mouse {
    readonly action: 'mousedown' | 'mouseup' | 'mousemove' | 'wheelup' | 'wheeldown' | 'focus' | 'blur';
    readonly button: 'left' | 'middle' | 'right' | 'unknown';
    readonly x: number;
    readonly y: number;
  }

  export interface Program extends EventEmitter {
    _terminal: string;
    cols: number;
    rows: number;
    tput: Tput;
    setupTput(): void;
    flush(): void;
    enableMouse(): void;
    disableMouse(): void;
    bindMouse(): void;
    showCursor(): void;
    hideCursor(): void;
    move(x: number, y: number): void;
    write(text: string): boolean;
    destroy(): void;
  }

  export type Line = [attribute: number, character: string][] & {dirty: boolean};

  export interface Screen extends EventEmitter {
    readonly program: Program;
    readonly tput: Tput;
    readonly lines: Line[];
    alloc(dirty?: boolean): void;
    realloc(): void;
    draw(start: number, end: number): void;
    render(): void;
    destroy(): void;
    enter(): void;
    leave(): void;
  }

  interface ProgramOptions {
    input: NodeJS.ReadableStream;
    output: NodeJS.WritableStream;
    tput?: boolean;
    buffer?: boolean;
    zero?: boolean;
    forceUnicode?: boolean;
  }

  const blessed: {
    program(options: ProgramOptions): Program;
    screen(options: {program: Program; smartCSR?: boolean; fullUnicode?: boolean; forceUnicode?: boolean}): Screen;
  };
  export default blessed;
}
