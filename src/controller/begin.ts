/** With what a controller begins. */
import {randomBytes} from 'node:crypto';
import {decodeSaved, type Launch, type Saved} from './start.ts';
import {createHeart, restoreHeart, type Heart} from '../supervisor/index.ts';
import type {Effect} from '../supervisor/types.ts';

const options = {
  newToken: (): string => randomBytes(16).toString('hex'),
  random: (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

export interface Beginning {
  readonly heart: Heart;
  /** What an earlier controller may not have got out. */
  readonly effects: readonly Effect[];
  /** What it committed beside the heart; null: there was none in this boot. */
  readonly saved: Saved | null;
  /** It had been stopped, or was being stopped, when another `up` asked for it: all is to be started. */
  readonly stopped: boolean;
}

/** What an earlier controller of this boot committed, or the fleet as `up` was given it. Throws SnapshotError. */
export function beginHeart(launch: Launch, text: string | null, boot: string): Beginning {
  const found = decodeSaved(text, boot);
  if (!found) return {heart: createHeart(launch.spec, options), effects: [], saved: null, stopped: false};
  const {saved, heart} = found;
  const restored = restoreHeart(heart, options);
  const stopped = saved.launch !== launch.launch && restored.heart.isStopping;
  return {...(stopped ? restoreHeart(heart, options, true) : restored), saved, stopped};
}
