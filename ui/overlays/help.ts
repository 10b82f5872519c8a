/** The help on keys, built from the key table. */
import type {Shell} from '../shell.ts';
import {BINDINGS, keyWords, type Place} from '../keys.ts';
import {widthOf} from '../screen/cells.ts';
import {Text, type TextLine} from './text.ts';

const PLACES: Readonly<Record<Place, string>> = {
  everywhere: 'Everywhere',
  list: 'In lists and logs',
  rows: 'In lists',
  workers: 'On workers and processes',
  processes: 'In the tree',
  graph: 'In IPC',
  logs: 'In logs',
};

export function createHelp({host}: Shell): Text {
  const bindings = BINDINGS.filter(({acts}) => !acts || !host.readOnly);
  const widest = Math.max(...bindings.map(({keys}) => widthOf(wordsOf(keys))));
  const lines: TextLine[] = [];
  for (const [place, title] of Object.entries(PLACES)) {
    if (lines.length > 0) lines.push([]);
    lines.push([[title, 'title']]);
    for (const {keys, words} of bindings.filter(one => one.place === place)) {
      lines.push([[wordsOf(keys).padEnd(widest), 'name'], ['  '], [words]]);
    }
  }
  return new Text({title: 'Keys', lines: () => lines, full: false});
}

const wordsOf = (keys: readonly string[]): string => keys.map(keyWords).join(' ');
