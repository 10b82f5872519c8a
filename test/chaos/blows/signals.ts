/** Signals to the supervisor's parts: all that they handle or ignore, except those that request shutdown. */
import type {Blow} from '../blow.ts';
import {PARTS} from '../observation.ts';
import type {Prng} from '../../simulation/prng.ts';

const SIGNALS: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGCHLD',
  'SIGCONT',
  'SIGPIPE',
  'SIGTSTP',
  'SIGWINCH',
];

export const signalParts: Blow = {
  name: 'signals to the supervisor',
  weight: 5,
  draw(dice: Prng) {
    const volley = Array.from({length: 1 + dice.int(12)}, () => ({part: dice.pick(PARTS), signal: dice.pick(SIGNALS)}));
    return {
      words: volley.map(({part, signal}) => `${signal} to the ${part}`).join(', '),
      strike(field) {
        // A part that has just started dies of these signals, as every Node program does, and is restarted; without an
        // anchor it is not.
        if (field.anchorKilled) field.keeperKilled = true;
        if (!field.alone) for (const {part} of volley) field.killed.add(part);
        for (const {part, signal} of volley) {
          if (signal === 'SIGHUP') field.unsureWhetherApplied = true;
          field.signalPart(part, signal);
        }
      },
    };
  },
};

export const stopParts: Blow = {
  name: 'stop and continue the supervisor',
  weight: 6,
  draw(dice) {
    const parts = PARTS.filter(() => dice.chance(0.5));
    const chosen = parts.length > 0 ? parts : [dice.pick(PARTS)];
    const ms = 50 + dice.int(dice.chance(0.2) ? 12_000 : 2_000);
    return {
      words: `SIGSTOP to ${chosen.join(' and ')} for ${ms} ms`,
      strike(field) {
        const hit = field.signalParts(chosen, 'SIGSTOP');
        field.undoAfter(ms, () => field.resume(hit));
      },
    };
  },
};
