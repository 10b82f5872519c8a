/** Runs a command line and determines its exit code. */
import {messageOf} from '../base/errors.ts';
import {parseWords} from './framework/arguments.ts';
import type {Command, Context} from './framework/command.ts';
import {commandTable as table} from './commands.ts';
import {releaseSignals} from './framework/early-signals.ts';
import {CliError, ExitCode, UsageError} from './framework/errors.ts';
import {Output} from './terminal/output.ts';
import {plainText} from '../text/sanitize.ts';

/** The longest error message: it may contain long paths and several names. */
const MOST_OF_MESSAGE = 16_384;

/** Runs a command and returns its exit code. Prints errors on stderr, without a stack unless BROOD_DEBUG is set. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  const noColor = argv.includes('--no-color');
  // eslint-disable-next-line no-restricted-syntax -- the gate itself
  const out = new Output(process.stdout, env, noColor);
  // eslint-disable-next-line no-restricted-syntax -- the gate itself
  const err = new Output(process.stderr, env, noColor);
  let command: Command | null = null;
  try {
    const {name, rest} = splitCommand(argv);
    if (name === null || rest === null) return await withoutCommand(rest ?? argv, out, err);
    if (name !== 'up') releaseSignals();
    command = await table.load(name);
    if (!command) throw await unknownCommand(name);
    const helpAsked = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length);
    if (helpAsked.includes('--help') || helpAsked.includes('-h')) {
      (await import('./framework/help.ts')).printHelp({out}, command);
      return ExitCode.done;
    }
    const context: Context = {command, ...parseWords(command, rest), out, err, env, cwd, table};
    return await command.execute(context);
  } catch (error) {
    const known = await explain(error);
    out.flush();
    err.line(`${err.paint('red', 'brood:')} ${plainText(known.message, MOST_OF_MESSAGE)}`);
    for (const line of known.more) err.line(plainText(line, MOST_OF_MESSAGE));
    if (known instanceof UsageError)
      err.lines(`usage: brood ${command?.usage.split('\n').join('\n       brood ') ?? 'COMMAND'}`);
    return known.exitCode;
  } finally {
    out.flush();
    err.flush();
  }
}

/** Splits off the name of the command. Global options before the command are moved behind it. */
function splitCommand(argv: readonly string[]): {name: string | null; rest: string[] | null} {
  const before: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--fleet') before.push(word, argv[++i] ?? '');
    else if (word === '--no-color' || word.startsWith('--fleet=')) before.push(word);
    else if (word.startsWith('-')) return {name: null, rest: null};
    else return {name: word, rest: [...before, ...argv.slice(i + 1)]};
  }
  return {name: null, rest: null};
}

async function withoutCommand(argv: readonly string[], out: Output, err: Output): Promise<number> {
  if (argv.includes('--version') || argv.includes('-V')) {
    out.line((await import('./framework/version.ts')).version);
    return ExitCode.done;
  }
  const stranger = argv.find(word => word.startsWith('-') && !['--help', '-h', '--no-color'].includes(word));
  if (stranger !== undefined) throw new UsageError(`unknown option ${stranger}`);
  const asked = argv.some(word => word === '--help' || word === '-h');
  const {printOverview} = await import('./framework/help.ts');
  printOverview({out: asked ? out : err}, await table.loadAll(), table.groups);
  return asked ? ExitCode.done : ExitCode.usage;
}

async function unknownCommand(name: string): Promise<UsageError> {
  const {nearest} = await import('../fleet/values/nearest.ts');
  const meant = nearest(name, table.names);
  const hint = meant === undefined ? 'see `brood help`' : `did you mean \`brood ${meant}\`?`;
  return new UsageError(`unknown command ${JSON.stringify(name)}; ${hint}`);
}

async function explain(error: unknown): Promise<CliError> {
  if (error instanceof CliError) return error;
  const {RpcError, ConnectionLostError, NotRunningError} = await import('../control/errors.ts');
  if (error instanceof RpcError) return (await import('./target/rpc-error.ts')).fromRpcError(error);
  if (error instanceof NotRunningError) return new CliError(ExitCode.notRunning, error.message);
  if (error instanceof ConnectionLostError) return new CliError(ExitCode.failed, error.message);
  const message = messageOf(error);
  const stack = process.env['BROOD_DEBUG'] && error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return new CliError(ExitCode.failed, message, stack);
}
