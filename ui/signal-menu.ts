/** The menu of signals. Its title names the targets, which stay fixed when the list behind changes. */
import type {Shell} from './shell.ts';
import {chosen, nameOf, namesOf, run, send} from './acting.ts';
import {Choice} from './overlays/choice.ts';

/** Signals with a short description. */
const SIGNALS: readonly (readonly [string, string])[] = [
  ['SIGTERM', 'please end'],
  ['SIGKILL', 'end at once; can not be caught'],
  ['SIGINT', 'as Ctrl-C'],
  ['SIGHUP', 'terminal closed; often: read your configuration'],
  ['SIGQUIT', 'end with a core'],
  ['SIGUSR1', 'for the program to define'],
  ['SIGUSR2', 'for the program to define'],
  ['SIGSTOP', 'stop; can not be caught'],
  ['SIGCONT', 'go on'],
  ['SIGTSTP', 'as Ctrl-Z'],
  ['SIGALRM', 'alarm clock'],
  ['SIGCHLD', 'a child has ended or stopped'],
  ['SIGWINCH', 'the window has another size'],
  ['SIGABRT', 'abort, with a core'],
  ['SIGPIPE', 'nobody reads'],
  ['SIGTTIN', 'background process reads from the terminal'],
  ['SIGTTOU', 'background process writes to the terminal'],
  ['SIGSEGV', 'memory violation'],
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
