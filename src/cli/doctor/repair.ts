/** `brood doctor --fix`: applies fixes for the problems, and asks before each one. */
import {messageOf} from '../../base/errors.ts';
import {createInterface} from 'node:readline/promises';
import type {Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {count} from '../../base/format.ts';
import {plainText} from '../../text/sanitize.ts';
import type {Fix, Outcome} from './fixes.ts';
import type {Problem} from './target.ts';

export interface Repaired {
  readonly kind: string;
  readonly worker: string | null;
  /** The action. */
  readonly fix: string;
  readonly helped: boolean;
  /** The result. */
  readonly words: string;
}

/** Returns whether to apply a fix, or null to stop. */
export type Ask = (question: string) => Promise<boolean | null>;

interface Fixable extends Problem {
  readonly fix: Fix;
}

const isFixable = (problem: Problem): problem is Fixable => problem.fix != null;

/** Throws CliError if there is no terminal to ask at, before anything is done. */
export function mustBeAbleToAsk({out}: Context, yes: boolean): void {
  if (yes || (process.stdin.isTTY && out.isTerminal)) return;
  throw new CliError(
    ExitCode.usage,
    '--fix asks before each fix and needs a terminal; --yes applies all fixes without asking',
  );
}

/**
 * Applies the fixes that the user agrees to. Without questions, no orphan is ended: it may be intended.
 *
 * @param ask null to apply all without questions
 */
export async function repair(
  problems: readonly Problem[],
  ask: Ask | null,
  onRepaired: (repaired: Repaired) => void,
): Promise<Repaired[]> {
  const done: Repaired[] = [];
  for (const {kind, worker, fix} of problems.filter(isFixable).filter(({harmless}) => ask !== null || !harmless)) {
    const agreed = ask === null ? true : await ask(fix.words);
    if (agreed === null) break;
    if (!agreed) continue;
    const {helped, words} = await tried(fix);
    const repaired = {kind, worker, fix: fix.words, helped, words};
    done.push(repaired);
    onRepaired(repaired);
  }
  return done;
}

async function tried({apply}: Fix): Promise<Outcome> {
  try {
    return await apply();
  } catch (error) {
    return {helped: false, words: messageOf(error)};
  }
}

/** Asks at the terminal. `a` agrees to all further fixes; the end of input stops the repair. */
export function terminalAsk(): {readonly ask: Ask; readonly close: () => void} {
  // eslint-disable-next-line no-restricted-syntax -- only the questions go there, as plain text
  const lines = createInterface({input: process.stdin, output: process.stdout});
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  let all = false;
  return {
    async ask(question) {
      if (all) return true;
      if (closed.signal.aborted) return null;
      try {
        const answer = await lines.question(`${plainText(question)}? [y]es, [N]o, [a]ll, [q]uit `, {
          signal: closed.signal,
        });
        const [first = 'n'] = answer.trim().toLowerCase();
        if (first === 'q') return null;
        all = first === 'a';
        return all || first === 'y';
      } catch {
        return null;
      }
    },
    close: () => lines.close(),
  };
}

/** Returns a note about the orphans that `--yes` has left alone, or null. */
export function leftWords(problems: readonly Problem[]): string | null {
  const left = problems.filter(problem => problem.harmless === true && isFixable(problem)).length;
  return left === 0
    ? null
    : `${count(left, 'orphan')} left alone: --yes kills none, since they may be intended; --fix asks about each one on a terminal`;
}
