import type {EventRecord} from '../../src/journal/record.ts';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {inFolder} from '../../src/control/folder.ts';
import type {JournalEvent} from '../../src/journal/events.ts';
import {lastRecords, recordsAfter} from '../../src/journal/read.ts';
import {Journal} from '../../src/journal/writer.ts';
import {scratch} from '../control/helpers.ts';

/** The writer accepts any type: invented ones make the lines easy to identify. */
const named = (type: string): JournalEvent => ({type}) as unknown as JournalEvent;

const AT = Date.UTC(2030, 0, 1);

class Book {
  readonly folder = scratch();
  readonly told: EventRecord[] = [];

  get path(): string {
    return inFolder.journal(this.folder);
  }

  /** Opens the journal as the next controller does, which has the last committed number. */
  open(seq = 0, unwritten = ''): Journal {
    const journal = new Journal(this.folder, record => this.told.push(record));
    journal.open(seq, unwritten);
    return journal;
  }

  write(...types: string[]): this {
    const journal = this.open();
    for (const type of types) journal.add(named(type), AT);
    journal.flush();
    return this;
  }

  get records(): EventRecord[] {
    return [...recordsAfter(this.folder, -1)];
  }

  get types(): string[] {
    return this.records.map(({type}) => type);
  }
}

const rises = (records: readonly EventRecord[]): boolean =>
  records.every(({seq}, index) => index === 0 || seq > (records[index - 1]?.seq ?? 0));

describe('the journal', () => {
  test('continues the numbers of the previous writer, and reports each record once it is written', () => {
    const book = new Book().write('a', 'b');
    const journal = book.open();
    journal.add(named('c'), AT);
    expect(book.types).toEqual(['a', 'b']);
    expect(book.told.map(({type}) => type)).toEqual(['a', 'b']);
    expect(journal.unwritten).toBe(`{"seq":3,"at":"2030-01-01T00:00:00.000Z","type":"c"}\n`);
    journal.flush();
    expect(book.types).toEqual(['a', 'b', 'c']);
    expect(book.told.map(({seq}) => seq)).toEqual([1, 2, 3]);
  });

  test('continues above the committed number and above those of rotated files', () => {
    const book = new Book().write('a', 'b');
    const journal = book.open(40);
    journal.add(named('c'), AT);
    journal.flush();
    expect(book.records.at(-1)).toMatchObject({seq: 41, type: 'c'});
    renameSync(book.path, join(book.folder, 'journal.00000001.jsonl'));
    book.write('d');
    expect(book.records.at(-1)).toMatchObject({seq: 42, type: 'd'});
  });

  test('writes committed records that the previous controller did not write, and none twice', () => {
    const book = new Book().write('a');
    const lost = book.open();
    lost.add(named('b'), AT);
    lost.add(named('c'), AT);
    const {unwritten, seq} = lost;
    book.open(seq, unwritten).flush();
    expect(book.types).toEqual(['a', 'b', 'c']);
    book.open(seq, unwritten).flush();
    expect(book.types).toEqual(['a', 'b', 'c']);
    expect(rises(book.records)).toBe(true);
  });

  test('cut off at any byte removes the torn line, records that as an event, and keeps the rest', () => {
    const book = new Book().write('a', 'b', 'c');
    const whole = readFileSync(book.path);
    const ends = [...whole.keys()].filter(at => whole[at] === 10).map(at => at + 1);
    for (let size = 0; size <= whole.length; size++) {
      writeFileSync(book.path, whole.subarray(0, size));
      const complete = ends.filter(end => end <= size).length;
      const journal = book.open(3);
      journal.add(named('next'), AT);
      journal.flush();
      const torn = size > 0 && !ends.includes(size);
      expect([size, ...book.types]).toEqual([
        size,
        ...['a', 'b', 'c'].slice(0, complete),
        ...(torn ? ['repaired'] : []),
        'next',
      ]);
      expect(rises(book.records)).toBe(true);
      expect(book.records.at(-1)!.seq).toBeGreaterThan(3);
      // The repair is permanent.
      book.open().flush();
      expect(book.types.filter(type => type === 'repaired').length).toBe(torn ? 1 : 0);
    }
  });

  test('with any byte changed causes no exception, keeps other lines readable, and increases the numbers', () => {
    const book = new Book().write('a', 'b', 'c');
    const whole = readFileSync(book.path);
    for (let at = 0; at < whole.length; at++) {
      for (const byte of [0, 10, (whole[at] ?? 0) ^ 1]) {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        for (const name of readdirSync(book.folder)) rmSync(join(book.folder, name));
        writeFileSync(book.path, bytes);
        const journal = book.open(3);
        journal.add(named('next'), AT);
        journal.flush();
        const intact = ['a', 'b', 'c'].filter(
          (_type, index) => bytes.toString('latin1').split('\n')[index] === whole.toString('latin1').split('\n')[index],
        );
        expect(book.types).toEqual(expect.arrayContaining(intact));
        expect(book.types.at(-1)).toBe('next');
        expect(book.records.at(-1)!.seq).toBe(Math.max(...book.records.map(({seq}) => seq)));
        expect(book.records.at(-1)!.seq).toBeGreaterThan(3);
        expect(lastRecords(book.folder, 1)).toEqual([book.records.at(-1)]);
      }
    }
  });

  test('with damage in the middle is set aside unchanged, and a new file begun; this is reported once', () => {
    const book = new Book().write('a', 'b');
    appendFileSync(book.path, '\0\0garbage\n{"seq":3,"at":"x","ty\n');
    book.write('c');
    expect(book.types).toEqual(['a', 'b', 'repaired', 'c']);
    expect(book.records[2]).toMatchObject({
      seq: 3,
      what: 'journal',
      message: "2 lines can't be read; kept in journal.00000001.jsonl",
    });
    book.write('d');
    expect(book.types).toEqual(['a', 'b', 'repaired', 'c', 'd']);
  });

  test('reports events that could not be written to watchers, and their number once there is room; the numbers increase', () => {
    const book = new Book();
    mkdirSync(book.path);
    const journal = book.open();
    for (const type of ['lost', 'lost', 'kept', 'later']) {
      if (type === 'kept') rmSync(book.path, {recursive: true});
      journal.add(named(type), AT);
      journal.flush();
    }
    expect(book.told.map(({seq, type}) => `${seq} ${type}`)).toEqual([
      '1 lost',
      '2 lost',
      '3 kept',
      '4 repaired',
      '5 later',
    ]);
    expect(book.types).toEqual(['kept', 'repaired', 'later']);
    expect(book.records[1]).toMatchObject({message: '2 events could not be written'});
  });
});

describe('a journal changed by another process', () => {
  test.each<[string, (path: string) => void, RegExp]>([
    ['removed', path => rmSync(path), /was removed/],
    ['moved away', path => renameSync(path, `${path}.old`), /was removed/],
    ['cut short', path => truncateSync(path), /truncated by \d+ bytes/],
    [
      'replaced',
      path => {
        renameSync(path, `${path}.old`);
        writeFileSync(path, '');
      },
      /another file/,
    ],
  ])('%s: later records are kept, and the damage is reported once', (_what, damage, words) => {
    const book = new Book();
    const journal = book.open();
    const add = (type: string): void => {
      journal.add(named(type), AT);
      journal.flush();
    };
    add('before');
    damage(book.path);
    add('after');
    add('later');
    expect(book.types).toEqual(['after', 'repaired', 'later']);
    expect(book.records[1]).toMatchObject({what: 'journal', message: expect.stringMatching(words) as unknown});
    expect(book.records.map(({seq}) => seq)).toEqual([2, 3, 4]);
    expect(journal.repairFile()).toBeNull();
    expect(new Book().types).toEqual([]);
  });

  test('is found by a check if there is nothing to write', () => {
    const book = new Book();
    const journal = book.open();
    journal.add(named('before'), AT);
    journal.flush();
    expect(journal.repairFile()).toBeNull();
    rmSync(book.path);
    expect(journal.repairFile()).toMatch(/removed/);
    expect(journal.repairFile()).toBeNull();
  });

  test('is not written through a symbolic link in its place', () => {
    const book = new Book();
    writeFileSync(`${book.folder}/precious`, '');
    symlinkSync(`${book.folder}/precious`, book.path);
    const journal = book.open();
    journal.add(named('lost'), AT);
    journal.flush();
    expect(readFileSync(`${book.folder}/precious`, 'utf8')).toBe('');
  });
});
