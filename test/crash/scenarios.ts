/** The scenarios in which the supervisor dies: one file each in scenarios/. */
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

/** In order: a moment that occurs in several scenarios belongs to the first. */
export const SCENARIOS: readonly Scenario[] = [
  life,
  lost,
  upgrade,
  channels,
  damage,
  // For other users, every fleet is of this kind.
  ...(isRoot ? [ordinary] : []),
];
