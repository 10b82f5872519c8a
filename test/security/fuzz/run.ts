/** Gives a parser its inputs, and says how to do it again where one breaks it. */
import {Inputs} from './inputs.ts';
import type {Target} from './target.ts';

const SHOWN_BYTES = 2_000;

/** Another one in each run, unless `SEED` names one. */
export const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

export const RUNS = 10_000;

export async function fuzz(target: Target): Promise<void> {
  const {take, declared = () => false, name} = target;
  const inputs = new Inputs(target, seed);
  for (let n = 0; n < RUNS; n++) {
    const input = inputs.next();
    try {
      await take(Buffer.from(input));
    } catch (error) {
      if (declared(error)) continue;
      const shown = input.subarray(0, SHOWN_BYTES).toString('base64');
      throw new Error(
        `${name}: input ${n} of SEED=${seed} breaks it (${input.length} bytes, base64): ${shown}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        {cause: error},
      );
    }
  }
}
