/** Edits the fleet file, and applies it by command or by SIGHUP. */
import type {Blow} from '../blow.ts';
import type {Field} from '../field.ts';
import {PARTS} from '../observation.ts';
import {temperNames, type TemperName} from '../tempers.ts';
import type {Prng} from '../../simulation/prng.ts';

type Edit =
  | {readonly kind: 'add'; readonly temper: TemperName; readonly instances: number}
  | {readonly kind: 'remove' | 'change'; readonly place: number}
  | {readonly kind: 'resize'; readonly place: number; readonly by: number};

/** The number of instances by which the fleet may grow or shrink. */
const DRIFT = 15;

function drawEdit(dice: Prng): Edit {
  const kind = dice.pick(['add', 'remove', 'change', 'change', 'resize'] as const);
  // The rate is divided among the chatty workers, so none is added.
  if (kind === 'add')
    return {kind, temper: dice.pick(temperNames.filter(name => name !== 'chatty')), instances: 1 + dice.int(10)};
  return kind === 'resize' ? {kind, place: dice.next(), by: dice.pick([-2, -1, 1, 2])} : {kind, place: dice.next()};
}

const wordsOf = (edit: Edit): string =>
  edit.kind === 'add'
    ? `add ${edit.instances} ${edit.temper}`
    : `${edit.kind}${edit.kind === 'resize' ? ` by ${edit.by}` : ''} at ${edit.place.toFixed(3)}`;

function make(edit: Edit, field: Field, first: number): void {
  const {wanted} = field;
  const {names} = wanted;
  const instances = names.reduce((sum, name) => sum + wanted.described(name).instances, 0);
  if (edit.kind === 'add') {
    if (instances + edit.instances > first + DRIFT) return;
    let number = 1;
    while (names.includes(`${edit.temper}${number}`)) number++;
    wanted.describe(`${edit.temper}${number}`, {temper: edit.temper, instances: edit.instances, version: 1});
    return;
  }
  const name = names[Math.floor(edit.place * names.length)];
  if (name === undefined) return;
  const worker = wanted.described(name);
  if (edit.kind === 'change') wanted.describe(name, {...worker, version: worker.version + 1});
  else if (edit.kind === 'resize')
    wanted.describe(name, {...worker, instances: Math.max(1, Math.min(12, worker.instances + edit.by))});
  else if (worker.temper !== 'chatty' && instances - worker.instances >= first - DRIFT) wanted.describe(name, null);
}

export const editAndApply: Blow = {
  name: 'edit and apply',
  weight: 7,
  draw(dice) {
    const edits = Array.from({length: 1 + dice.int(4)}, () => drawEdit(dice));
    const by = dice.chance(0.5) ? null : dice.pick(PARTS);
    return {
      words: `${edits.map(wordsOf).join(', ')}; then ${by === null ? 'apply' : `SIGHUP to the ${by}`}`,
      strike(field) {
        for (const edit of edits) make(edit, field, field.places.instances);
        if (by === null) field.apply();
        else field.applyBySignal(by);
      },
    };
  },
};
