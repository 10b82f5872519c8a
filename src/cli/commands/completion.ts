import {atMost} from '../framework/arguments.ts';
import type {Command} from '../framework/command.ts';
import {bashScript, fishScript, zshScript} from '../completion/scripts.ts';
import {ExitCode, UsageError} from '../framework/errors.ts';

const SCRIPTS = {bash: bashScript, zsh: zshScript, fish: fishScript};

export const completion: Command = {
  name: 'completion',
  summary: 'print a completion script for bash, zsh or fish',
  usage: 'completion bash|zsh|fish',
  description: `Prints a script that completes commands, options, worker names and fleet names.

bash: add to ~/.bashrc                    eval "$(brood completion bash)"
zsh:  add to ~/.zshrc after compinit      eval "$(brood completion zsh)"
fish: run once    brood completion fish > ~/.config/fish/completions/brood.fish`,
  options: {},
  examples: [['completion bash', 'for bash']],
  completes: 'shells',
  async execute(context) {
    atMost(context, 1);
    const [shell = ''] = context.positionals;
    if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish')
      throw new UsageError('expected a shell: bash, zsh or fish');
    context.out.lines(SCRIPTS[shell](await context.table.loadAll()).trimEnd());
    return ExitCode.done;
  },
};
