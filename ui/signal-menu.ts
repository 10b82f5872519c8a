/** The menu of signals. Its title names the targets, which stay fixed when the list behind changes. */
import type {Shell} from './shell.ts';
import {chosen, nameOf, namesOf, run, send} from './acting.ts';
import {Choice} from './overlays/choice.ts';

/** Signals with a short description. */
const SIGNALS: readonly (readonly [string, string])[] = [
  ['SIGTERM', 'terminate'],
  ['SIGKILL', 'kill; cannot be caught'],
  ['SIGINT', 'interrupt, as Ctrl-C'],
  ['SIGHUP', 'terminal closed; often: reload configuration'],
  ['SIGQUIT', 'quit with a core dump'],
  ['SIGUSR1', 'defined by the program'],
  ['SIGUSR2', 'defined by the program'],
  ['SIGSTOP', 'stop; cannot be caught'],
  ['SIGCONT', 'continue'],
  ['SIGTSTP', 'stop, as Ctrl-Z'],
  ['SIGALRM', 'alarm expired'],
  ['SIGCHLD', 'a child has exited or stopped'],
  ['SIGWINCH', 'the window size has changed'],
  ['SIGABRT', 'abort with a core dump'],
  ['SIGPIPE', 'pipe without a reader'],
  ['SIGTTIN', 'background process reads from the terminal'],
  ['SIGTTOU', 'background process writes to the terminal'],
  ['SIGSEGV', 'invalid memory access'],
  ['SIGTRAP', 'breakpoint'],
  ['SIGURG', 'urgent data'],
];

const WIDEST = Math.max(...SIGNALS.map(([signal]) => signal.length));

export function createSignalMenu(app: Shell): void {
  const targets = chosen(app);
  if (!targets) return;
  const title =
    targets.length === 1 && targets[0] ? `Signal to ${nameOf(targets[0])}` : `Signal to ${targets.length} processes`;
  const options = SIGNALS.map(([signal, note]) => ({
    text: `${signal.padEnd(WIDEST)}  ${note}`,
    choose: () => void run(app, () => send(app, targets, signal)),
  }));
  const about = targets.length === 1 ? [] : [namesOf(targets)];
  app.open(new Choice({title, about, options, typing: false, empty: ''}));
}
