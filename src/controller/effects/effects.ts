/** Carries out each effect that the core decides on. An effect without an entry does not compile. */
import type {Effect} from '../../supervisor/types.ts';
import type {LimitWatch} from '../monitor/limits.ts';
import type {Notices} from '../monitor/notify.ts';
import type {OrderBatch} from './order-batch.ts';
import type {ReadinessProbes} from './readiness-probes.ts';
import type {RunSignals} from './run-signals.ts';
import type {RunStarts} from './run-starts.ts';

type EffectType = Effect['type'];
type EffectOf<T extends EffectType> = Extract<Effect, {readonly type: T}>;

export type Effects = {readonly [T in EffectType]: (effect: EffectOf<T>, batch: OrderBatch) => void};

export interface EffectsHost {
  readonly starts: RunStarts;
  readonly probes: ReadinessProbes;
  readonly signals: RunSignals;
  readonly notices: Notices;
  readonly limits: LimitWatch;
}

export const createEffects = ({starts, probes, signals, notices, limits}: EffectsHost): Effects => ({
  spawn: ({token, id}, batch) => starts.begin(token, id, batch),
  end(effect, batch) {
    if (!starts.callOff(effect.token)) batch.add(effect);
  },
  clear(effect, batch) {
    starts.drop(effect.token);
    batch.add(effect);
  },
  forget({token}, batch) {
    probes.forget(token);
    notices.forget(token);
    limits.forget(token);
    batch.forget(token);
  },
  probe: ({token, id}) => probes.begin(token, id),
  unprobe: ({token}) => probes.end(token),
  watchdog: ({token, id}) => notices.watch(token, id),
  unwatchdog: ({token}) => notices.unwatch(token),
  signal: ({token, signal}) => signals.send(token, signal),
  freeze: ({type, token}) => signals.freezeOrThaw(type, token),
  thaw: ({type, token}) => signals.freezeOrThaw(type, token),
  journal() {
    // The line was written at the commit.
  },
});

export function apply<T extends EffectType>(effects: Effects, type: T, effect: EffectOf<T>, batch: OrderBatch): void {
  effects[type](effect, batch);
}
