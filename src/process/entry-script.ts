/**
 * The script by which a shell becomes a worker's program, as the last step after setpriv(1) and other tools that run as
 * the supervisor's user. Those tools get {@link TOOL_ENVIRONMENT}: otherwise a process of root would obey a variable of
 * the worker's environment such as LD_PRELOAD. The shell reads the script from its standard input, so no command line
 * and no other program's environment ever holds its content, except as noted at {@link entryScript}.
 */

/** The environment of tools that run before the process becomes the worker's. */
export const TOOL_ENVIRONMENT = {PATH: '/usr/sbin:/usr/bin:/sbin:/bin'} as const;

/**
 * The words before a program's own: a shell that reads the script (sh(1), `-s`). The program must be an absolute path.
 */
export const ENTRY_SHELL = ['/bin/sh', '-s'] as const;

export interface Entry {
  readonly env: Readonly<Record<string, string>>;
  /** Null: inherited. */
  readonly umask: number | null;
  /** Entered with the rights of the worker's user; null: the folder in which the shell was started. */
  readonly cwd: string | null;
  /** Variables to set to the program's pid, which is the shell's: `LISTEN_PID`, `WATCHDOG_PID`. */
  readonly ownPid: readonly string[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names with a special meaning in some shell: an assignment fails, changes the shell, or is lost. */
const SPECIAL =
  /^(_|[EP]?UID|PPID|GROUPS|OPT(IND|ARG|ERR)|LINENO|S?RANDOM|SECONDS|EPOCH\w*|DIRSTACK|FUNCNAME|HISTCMD|PIPESTATUS|SHELLOPTS|SHLVL|POSIXLY_CORRECT|BASH\w*|COMP_\w*)$/;
/**
 * Variables to unset: the tools' own, and those that a shell may set and export. bash(1) still leaves `_` and `SHLVL`.
 */
const NOT_GIVEN = [...Object.keys(TOOL_ENVIRONMENT), 'PWD', 'OLDPWD', 'SHLVL'];

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * Returns the script. Its arguments are the program and the program's arguments. env(1) sets a variable whose name is
 * not valid in a shell (`spring.port`); its command line shows the variable until it becomes the program.
 */
export function entryScript({env, umask, cwd, ownPid}: Entry): string {
  const names = Object.keys(env);
  const isPlain = (name: string): boolean => NAME.test(name) && !SPECIAL.test(name);
  const others = names.filter(name => !isPlain(name)).map(name => quote(`${name}=${env[name] ?? ''}`));
  const unset = NOT_GIVEN.filter(name => !names.includes(name));
  return [
    ...(umask === null ? [] : [`umask ${umask.toString(8).padStart(3, '0')}`]),
    ...names.filter(isPlain).map(name => `export ${name}=${quote(env[name] ?? '')}`),
    ...ownPid.map(name => `export ${name}=$$`),
    ...(cwd === null ? [] : [`cd -- ${quote(cwd)} || exit 126`]),
    ...(unset.length === 0 ? [] : [`unset ${unset.join(' ')}`]),
    ...(others.length === 0 ? [] : throughEnv(others)),
    'exec "$@" </dev/null',
    '',
  ].join('\n');
}

/** env(1) takes every word with a `=` for a variable, even a program's path. */
const throughEnv = (assignments: readonly string[]): string[] => [
  'case $1 in',
  '*=*) echo "brood: variables whose names are not valid in a shell are not set for $1, because its path contains a =" >&2 ;;',
  `*) set -- /usr/bin/env ${assignments.join(' ')} "$@" ;;`,
  'esac',
];
