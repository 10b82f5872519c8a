import tseslint from 'typescript-eslint';
import {functionLines} from './lint/function-lines.mjs';
import {linearRegex} from './lint/linear-regex.mjs';

/** Each rule beyond the presets has its reason beside it. */
export default tseslint.config(
  {ignores: ['dist/', '.dist-*/', '.cache/', 'node_modules/', 'coverage/', 'fixtures/proc/']},
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      // A new member of a union must not fall through a switch unnoticed.
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Messages may contain numbers: pids, counts, milliseconds.
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      // `void promise` and one-line arrow handlers read better without braces.
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      // process.exit would cut off pending output: only the mains may exit.
      'no-process-exit': 'off',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'exit',
          message: 'Set process.exitCode and let output drain; only a main may exit.',
        },
      ],
    },
  },
  {
    // One concept per file: a file that exceeds this contains two.
    files: ['src/**/*.ts', 'ui/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
    rules: {'max-lines': ['error', 300]},
  },
  {
    files: ['src/**/*.ts', 'ui/**/*.ts', 'bench/**/*.ts'],
    rules: {'max-lines-per-function': ['error', 70]},
  },
  {
    files: ['test/**/*.ts'],
    plugins: {test: {rules: {'function-lines': functionLines}}},
    rules: {'test/function-lines': ['error', 70]},
  },
  {
    // All of these handle untrusted text, which must not slow them down (docs/decisions/0036-text-of-others.md).
    files: ['src/**/*.ts', 'ui/**/*.ts'],
    plugins: {brood: {rules: {'linear-regex': linearRegex}}},
    rules: {'brood/linear-regex': 'error', 'no-console': 'error'},
  },
  {
    // Output goes through src/cli/terminal/output.ts, which sanitizes it; keeper and controller write to the
    // supervisor's log.
    files: ['src/cli/**/*.ts', 'src/text/**/*.ts', 'src/logs/**/*.ts', 'ui/**/*.ts'],
    ignores: ['src/cli/terminal/output.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.name="process"][property.name=/^std(out|err)$/]',
          message: 'Print through Output (src/cli/terminal/output.ts), which cleans text of others.',
        },
        {
          selector: 'CallExpression[callee.property.name="line"] CallExpression[callee.object.name="JSON"]',
          message: 'Print JSON by Output.json, which escapes what acts on a terminal.',
        },
        {
          selector: 'CallExpression[callee.property.name=/^exact(Line)?$/]',
          message: 'Output.exact is for output that is documented to stay as it was written; print by line or json.',
        },
      ],
    },
  },
  {
    files: ['src/**/main.ts', 'src/**/*-main.ts'],
    rules: {'no-restricted-properties': 'off'},
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A test that indexes what it has just asserted reads better with `!` than with a second check.
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.object.name="process"][callee.property.name="kill"] LogicalExpression',
          message: 'kill(2) with pid 0 ends the test run itself; process.kill throws without a pid.',
        },
      ],
    },
  },
);
