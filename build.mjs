// Builds dist/: the client in chunks that are loaded when needed, keeper and controller as one file each (design.md section 2).
import {chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {build} from 'esbuild';

const {version} = JSON.parse(readFileSync('package.json', 'utf8'));
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: false,
  legalComments: 'none',
  // koffi ships a binary, blessed requires its widgets by computed names: neither can be bundled.
  external: ['koffi', 'blessed'],
  // Its ES modules: what is loaded when needed from CommonJS has no named exports once it lies in a chunk of its own.
  alias: {yaml: './node_modules/yaml/browser/dist/index.js'},
  define: {BROOD_VERSION: JSON.stringify(version)},
};

// Made aside and put in place at once: a supervisor that runs from dist/ never finds half of it.
const made = mkdtempSync('.dist-');
await Promise.all([
  build({
    ...common,
    entryPoints: {cli: 'src/cli/main.ts', index: 'src/worker/index.ts'},
    outdir: made,
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    banner: {
      js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  }),
  // CommonJS, because there what a lazily imported module requires is loaded when it is reached, and not hoisted
  // above the signal handlers that the entry files install first.
  build({
    ...common,
    entryPoints: {
      anchor: 'src/keeper/anchor-main.ts',
      keeper: 'src/keeper/main.ts',
      controller: 'src/controller/main.ts',
    },
    outdir: made,
    outExtension: {'.js': '.cjs'},
    format: 'cjs',
  }),
]);
const cli = `${made}/cli.js`;
writeFileSync(cli, '#!/usr/bin/env node\n' + readFileSync(cli, 'utf8').replace(/^#!.*\n/, ''));
chmodSync(cli, 0o755);
chmodSync(made, 0o755);
const old = `${made}.old`;
if (existsSync('dist')) renameSync('dist', old);
renameSync(made, 'dist');
rmSync(old, {recursive: true, force: true});
