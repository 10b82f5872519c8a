/** Commands: stop, start, restart, scale. */
import type {Blow} from '../blow.ts';
import {drawPlaces, instancesAt} from './workers.ts';

export const stopSome: Blow = {
  name: 'brood stop',
  weight: 4,
  draw(dice) {
    const places = drawPlaces(dice, 6);
    return {
      words: `stop ${places.length} instances`,
      strike(field) {
        const ids = instancesAt(field, places);
        if (ids.length === 0) return;
        field.touch(ids);
        field.wanted.stop(ids);
        field.ask(['stop'], ids);
      },
    };
  },
};

export const startSome: Blow = {
  name: 'brood start',
  weight: 4,
  draw(dice) {
    const share = dice.next();
    return {
      words: `start ${Math.round(share * 100)} % of those that were stopped`,
      strike(field) {
        const down = field.wanted.down().sort();
        const ids = down.slice(0, Math.ceil(share * down.length));
        if (ids.length === 0) return;
        field.touch(ids);
        field.wanted.start(ids);
        field.ask(['start', '--timeout', '5s'], ids);
      },
    };
  },
};

export const restartSome: Blow = {
  name: 'brood restart',
  weight: 4,
  draw(dice) {
    const places = drawPlaces(dice, 10);
    return {
      words: `restart ${places.length} instances`,
      strike(field) {
        const ids = instancesAt(field, places);
        if (ids.length === 0) return;
        field.touch(ids);
        field.ask(['restart', '--timeout', '10s'], ids);
      },
    };
  },
};

export const scaleOne: Blow = {
  name: 'brood scale',
  weight: 3,
  draw(dice) {
    const place = dice.next();
    const by = dice.pick([-3, -2, -1, 1, 2, 3]);
    return {
      words: `scale one worker by ${by}, at ${place.toFixed(3)}`,
      strike(field) {
        const {names} = field.wanted;
        const name = names[Math.floor(place * names.length)];
        if (name === undefined) return;
        const instances = Math.max(1, field.wanted.countOf(name) + by);
        field.touch(field.wanted.scale(name, instances));
        field.ask(['scale', '--timeout', '5s', `${name}=${instances}`]);
      },
    };
  },
};
