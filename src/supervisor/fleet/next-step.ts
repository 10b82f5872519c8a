/** Determines the next step of an instance from the current state: spawn, wait, end, or leave the fleet. */
import type {LifeEvent} from '../instance/events.ts';
import type {Time} from '../types.ts';
import type {Cell} from './cell.ts';
import type {Stopping} from './head.ts';
import {mayEnd} from './order.ts';

export interface StepContext {
  readonly time: Time;
  readonly stopping: Stopping;
  /** Returns why an instance may not start yet, or null if it may. */
  readonly blocked: (cell: Cell) => string | null;
}

/** Returns the next step of an instance, or null if there is none. */
export function nextStep(cell: Cell, {time, stopping, blocked}: StepContext): LifeEvent | 'leave' | null {
  const {instance, member} = cell;
  const {run, status, wanted, backoff} = instance;
  if (run !== null) {
    const {heldBy} = member.standing;
    if (run.ending !== null || (wanted === 'up' && heldBy === null)) return null;
    const now = stopping === 'now';
    if (!now && !mayEnd(cell)) return null;
    return {type: 'end', reason: wanted === 'up' ? heldBy : null, now};
  }
  const isDue = backoff !== null && instance.clearing === null && backoff.until <= time.mono;
  if (status === 'pending' || isDue) {
    const reason = blocked(cell);
    return reason === null ? {type: 'spawn'} : {type: 'wait', reason};
  }
  return status === 'stopped' && instance.leaving ? 'leave' : null;
}
