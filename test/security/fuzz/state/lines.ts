/** Streams of lines: control socket, link between keeper and controller, and output of workers. */
import {LineSplitter} from '../../../../src/control/line-splitter.ts';
import {Lines} from '../../../../src/link/lines.ts';
import {LineCutter} from '../../../../src/logs/line-cutter.ts';
import {must, utf8, type Target} from '../target.ts';
import {REQUESTS} from './protocol.ts';

/** Yields the input in chunks of many sizes, as a stream delivers it. */
function* chunksOf(input: Buffer): Generator<Buffer> {
  for (let at = 0, size = 1; at < input.length; at += size, size = (size * 5) % 4_093)
    yield input.subarray(at, at + size);
}

const LIMIT = 1_000_000;

export const lineSplitter: Target = {
  name: 'src/control/line-splitter.ts',
  samples: [REQUESTS.join('\n'), '\n\n\n', 'é\n\u2028\n'],
  pieces: ['a', '\n', '\r\n', 'é'],
  take(input) {
    const found: string[] = [];
    const own = new LineSplitter(LIMIT);
    for (const chunk of chunksOf(input))
      must(
        own.push(chunk, one => void found.push(one)),
        'no line is too long',
      );
    const all = input.subarray(0, input.lastIndexOf(10) + 1);
    must(found.map(one => `${one}\n`).join('') === all.toString(), 'all that came is there');
  },
};

export const linkLines: Target = {
  name: 'src/link/lines.ts',
  samples: lineSplitter.samples,
  pieces: lineSplitter.pieces,
  take(input) {
    const found: string[] = [];
    const own = new Lines(one => void found.push(one));
    const text = utf8(input);
    for (let at = 0, size = 1; at < text.length; at += size, size = (size * 5) % 4_093)
      own.push(text.slice(at, at + size));
    must(found.map(one => `${one}\n`).join('') === text.slice(0, text.lastIndexOf('\n') + 1), 'all that came is there');
  },
};

export const lineCutter: Target = {
  name: 'src/logs/line-cutter.ts',
  samples: ['one\ntwo\n', 'é'.repeat(200), Buffer.concat([Buffer.from('a\n'), Buffer.alloc(70_000, 'x')])],
  pieces: ['a', '\n', 'é', '\xff', '\0'],
  take(input) {
    const own = new LineCutter();
    let bytes = 0;
    let base = 0;
    for (const chunk of chunksOf(input)) {
      for (const {line: text, partial} of own.push(chunk, base, () => 1)) bytes += text.length + (partial ? 0 : 1);
      base += chunk.length;
    }
    bytes += own.flushRest()?.line.length ?? 0;
    // A character has at least as many bytes as UTF-16 units. Invalid UTF-8 is replaced by one unit.
    must(bytes <= input.length + 1, 'no more comes out than went in');
  },
};
