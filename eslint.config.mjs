import tseslint from 'typescript-eslint';

/** Each rule beyond the presets carries its reason. */
export default tseslint.config(
  {ignores: ['dist/', '.dist-*/', '.cache/', 'node_modules/', 'coverage/', 'fixtures/proc/']},
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      // A union that grows must not fall through a switch unseen.
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Numbers in messages are wanted: pids, counts, milliseconds.
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      // `void promise` and one-line arrow handlers read better without braces.
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      // Output still pending would be cut off (findings.md): only the mains may exit.
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
    files: ['src/**/main.ts', 'src/**/*-main.ts'],
    rules: {'no-restricted-properties': 'off'},
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A test that indexes what it has just asserted is clearer with `!` than with a second check.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
