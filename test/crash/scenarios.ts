/** All that a fleet goes through while its supervisor is to die: one file each in scenarios/. */
import {channels} from './scenarios/channels.ts';
import {damage} from './scenarios/damage.ts';
import {life} from './scenarios/life.ts';
import {lost} from './scenarios/lost.ts';
import {ordinary} from './scenarios/ordinary.ts';
import {upgrade} from './scenarios/upgrade.ts';
import {isRoot} from '../end-to-end/wrapped.ts';
import type {Scenario} from './trial.ts';

export {dies, down} from './scenarios/common.ts';
export {brief} from './scenarios/life.ts';

/** In this order: of a moment that several have, it is the first one's. */
export const SCENARIOS: readonly Scenario[] = [
  life,
  lost,
  upgrade,
  channels,
  damage,
  // Of whoever is not root every fleet is so.
  ...(isRoot ? [ordinary] : []),
];
