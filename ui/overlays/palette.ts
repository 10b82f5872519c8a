/** The actions available in the current view, by name, built from the key table. */
import type {Shell} from '../shell.ts';
import {BINDINGS, keyWords} from '../keys.ts';
import {Choice} from './choice.ts';

export function createPalette(app: Shell): Choice {
  const options = BINDINGS.filter(binding => app.applies(binding) && binding.action !== 'palette').map(binding => ({
    text: binding.words,
    note: binding.keys.map(keyWords).join(' '),
    choose: () => app.act(binding.action),
  }));
  return new Choice({title: 'Actions', options, typing: true, empty: 'no such action'});
}
