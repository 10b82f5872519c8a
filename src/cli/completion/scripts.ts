/** Completion scripts, generated from the table of commands. Names of workers are queried when Tab is pressed. */
import {GLOBAL_OPTIONS, type Command, type Completes, type Option} from '../framework/command.ts';

type Commands = readonly Command[];

const optionsOf = (command: Command): [string, Option][] => Object.entries({...command.options, ...GLOBAL_OPTIONS});

/** Returns the spellings of an option: `-f --follow`. */
const spellings = (name: string, {short}: Option): readonly string[] =>
  short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];

/** Kinds of words that `brood __complete` supplies at run time. */
const DYNAMIC: ReadonlySet<Completes> = new Set(['workers', 'instances', 'signals', 'commands']);

export function bashScript(commands: Commands): string {
  const cases = commands.map(command => {
    const options = optionsOf(command).flatMap(([name, option]) => spellings(name, option));
    return `    ${command.name}) options='${options.join(' ')}'; kind=${command.completes} ;;`;
  });
  const choices = commands.flatMap(command =>
    optionsOf(command).flatMap(([name, {choices: list}]) =>
      list
        ? [`    ${command.name}:--${name}) COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$word")); return ;;`]
        : [],
    ),
  );
  return `_brood() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} options kind
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W '${commands.map(({name}) => name).join(' ')}' -- "$word")); return; fi
  if [[ $before == --fleet ]]; then COMPREPLY=($(compgen -W "$(brood __complete fleets 2>/dev/null)" -- "$word")); return; fi
  case $command:$before in
${choices.join('\n')}
  esac
  case $command in
${cases.join('\n')}
    *) return ;;
  esac
  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word")); return; fi
  case $kind in
    ${[...DYNAMIC].join('|')}) COMPREPLY=($(compgen -W "$(brood __complete $kind 2>/dev/null)" -- "$word")) ;;
    files) COMPREPLY=($(compgen -f -- "$word")) ;;
    shells) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")) ;;
  esac
}
complete -F _brood brood
`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const zshText = (text: string): string => text.replaceAll(/[[\]:]/g, '\\$&');

export function zshScript(commands: Commands): string {
  const list = commands.map(({name, summary}) => `    ${quote(`${name}:${summary}`)}`).join('\n');
  const cases = commands.map(command => {
    const options = optionsOf(command).map(([name, option]) => {
      const value = option.value === undefined ? '' : `:${option.value}:${zshValues(name, option)}`;
      const words = spellings(name, option);
      const text = `[${zshText(option.help)}]${value}`;
      return words.length === 1 ? quote(`${words[0] ?? ''}${text}`) : `{${words.join(',')}}${quote(text)}`;
    });
    return `    ${command.name}) _arguments -s ${options.join(' ')} ${quote(`*:argument:${zshPositionals(command.completes)}`)} ;;`;
  });
  return `#compdef brood
_brood_words() { local -a words; words=(\${(f)"$(brood __complete $1 2>/dev/null)"}); compadd -a words }
_brood() {
  local -a commands
  commands=(
${list}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _brood brood
`;
}

function zshValues(name: string, {choices}: Option): string {
  if (choices) return `(${choices.join(' ')})`;
  return name === 'fleet' ? '_brood_words fleets' : '';
}

function zshPositionals(kind: Completes): string {
  if (kind === 'files') return '_files';
  if (kind === 'shells') return '(bash zsh fish)';
  return DYNAMIC.has(kind) ? `_brood_words ${kind}` : '';
}

export function fishScript(commands: Commands): string {
  const lines = ['complete -c brood -f'];
  for (const command of commands) {
    lines.push(`complete -c brood -n __fish_use_subcommand -a ${command.name} -d ${quote(command.summary)}`);
    const when = `-n '__fish_seen_subcommand_from ${command.name}'`;
    for (const [name, {short, value, help, choices}] of optionsOf(command)) {
      const words =
        name === 'fleet' ? "'(brood __complete fleets 2>/dev/null)'" : choices ? quote(choices.join(' ')) : null;
      const takes = value === undefined ? '' : words === null ? ' -x' : ` -x -a ${words}`;
      lines.push(
        `complete -c brood ${when} -l ${name}${short === undefined ? '' : ` -s ${short}`}${takes} -d ${quote(help)}`,
      );
    }
    if (command.completes === 'files') lines.push(`complete -c brood ${when} -F`);
    if (command.completes === 'shells') lines.push(`complete -c brood ${when} -a 'bash zsh fish'`);
    if (DYNAMIC.has(command.completes)) {
      lines.push(`complete -c brood ${when} -a '(brood __complete ${command.completes} 2>/dev/null)'`);
    }
  }
  return lines.join('\n') + '\n';
}
