/** Splits chunks of text into lines. */
export class Lines {
  readonly #parts: string[] = [];
  readonly #line: (line: string) => void;

  constructor(line: (line: string) => void) {
    this.#line = line;
  }

  push(chunk: string): void {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      this.#parts.push(chunk.slice(from, end));
      from = end + 1;
      this.#line(this.#parts.splice(0).join(''));
    }
    if (from < chunk.length) this.#parts.push(chunk.slice(from));
  }
}
