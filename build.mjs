// Builds dist/: client, keeper and controller as one file each, and the library.
// `--out=FOLDER` builds elsewhere, `--plugin=FILE` adds an esbuild plugin (test/crash), `--types` the library's types.
import {chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';
import {build} from 'esbuild';
import {checkDependencies, externalPackages} from './build/externals.mjs';
import {bundledPackages, thirdPartyNotices} from './build/notices.mjs';
import {makeTypes} from './build/types.mjs';

const {out, plugin, types} = parseArgs({
  options: {
    out: {type: 'string', default: 'dist'},
    plugin: {type: 'string'},
    types: {type: 'boolean', default: false},
  },
}).values;

const {version, dependencies} = JSON.parse(readFileSync('package.json', 'utf8'));
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: false,
  metafile: true,
  // All notices are in THIRD-PARTY.txt.
  legalComments: 'none',
  // koffi ships a binary, blessed requires its widgets by computed names: neither can be bundled.
  external: Object.keys(dependencies),
  // The ES modules of yaml: CommonJS that is loaded lazily loses its named exports once it is in a chunk of its own.
  alias: {yaml: './node_modules/yaml/browser/dist/index.js'},
  define: {BROOD_VERSION: JSON.stringify(version)},
  plugins: plugin === undefined ? [] : [(await import(pathToFileURL(resolve(plugin)).href)).default],
};

/** `brood top` loads the UI from a separate file beside the client. */
const apart = {
  name: 'apart',
  setup: build => build.onResolve({filter: /ui\/index\.ts$/}, () => ({path: './top.cjs', external: true})),
};

/** The fleet file parser. The library loads it only if several fleets were started from the same file. */
const parser = {
  name: 'parser',
  setup: build =>
    build.onResolve({filter: /fleet\/index\.ts$/}, ({kind}) =>
      kind === 'dynamic-import' ? {path: './fleet.mjs', external: true} : undefined,
    ),
};

// Built in a temporary folder and renamed, so that a supervisor running from dist/ never sees a partial build.
const made = mkdtempSync('.dist-');
process.on('exit', () => rmSync(made, {recursive: true, force: true}));
const results = await Promise.all([
  // The client is one file: loading a command in pieces, as ES modules, takes longer than reading the whole text (20 ms
  // of the 50 ms that Node itself needs). A module runs only when it is first reached.
  build({
    ...common,
    entryPoints: {cli: 'src/cli/main.ts'},
    // The UI is a separate file, so that other commands need not parse it.
    plugins: [...common.plugins, apart],
    outdir: made,
    format: 'cjs',
    minify: true,
    define: {...common.define, 'import.meta.url': '__url'},
    banner: {js: "const __url = require('node:url').pathToFileURL(__filename).href;"},
  }),
  build({
    ...common,
    entryPoints: {top: 'ui/index.ts'},
    outdir: made,
    outExtension: {'.js': '.cjs'},
    format: 'cjs',
    define: {...common.define, 'import.meta.url': '__url'},
    banner: {js: "const __url = require('node:url').pathToFileURL(__filename).href;"},
  }),
  build({
    ...common,
    entryPoints: {index: 'src/worker/index.ts'},
    plugins: [...common.plugins, parser],
    outdir: made,
    outExtension: {'.js': '.mjs'},
    format: 'esm',
  }),
  build({
    ...common,
    stdin: {contents: "export {parseFleetFile} from './src/fleet/index.ts';", resolveDir: '.'},
    outfile: `${made}/fleet.mjs`,
    format: 'esm',
    minify: true,
  }),
  // CommonJS, because there a lazily imported module's dependencies are loaded when they are reached, and not hoisted
  // above the signal handlers that the entry files install first.
  build({
    ...common,
    entryPoints: {
      anchor: 'src/keeper/anchor/main.ts',
      keeper: 'src/keeper/main.ts',
      controller: 'src/controller/main.ts',
    },
    outdir: made,
    outExtension: {'.js': '.cjs'},
    format: 'cjs',
  }),
]);
const metafiles = results.map(({metafile}) => metafile);
checkDependencies(dependencies, externalPackages(metafiles));
writeFileSync(`${made}/THIRD-PARTY.txt`, thirdPartyNotices(bundledPackages(metafiles)));
const cli = `${made}/cli.js`;
writeFileSync(cli, '#!/usr/bin/env node\n' + readFileSync(cli, 'utf8').replace(/^#!.*\n/, ''));
chmodSync(cli, 0o755);
writeFileSync(`${made}/package.json`, '{"type": "commonjs"}\n');
if (types) makeTypes(`${made}/types`);
chmodSync(made, 0o755);
const old = `${made}.old`;
if (existsSync(out)) renameSync(out, old);
renameSync(made, out);
rmSync(old, {recursive: true, force: true});
