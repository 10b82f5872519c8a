// Writes what docs/ takes from tables in src/: docs/fleet-file.md, and the events in docs/protocol.md.
// Run it after a change of those tables: node docs/make-references.mjs
import {readFileSync, writeFileSync} from 'node:fs';
import {build} from 'esbuild';

async function imported(source) {
  const bundle = await build({
    entryPoints: [new URL(`../src/${source}`, import.meta.url).pathname],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const code = Buffer.from(bundle.outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

const {fleetReference} = await imported('fleet/reference.ts');
writeFileSync(new URL('fleet-file.md', import.meta.url), fleetReference());

const {eventReference} = await imported('journal/reference.ts');
const protocol = new URL('protocol.md', import.meta.url);
const [before, after] = readFileSync(protocol, 'utf8').split(/(?<=<!-- events: [^\n]*\n)[^]*(?=\n<!-- \/events)/);
writeFileSync(protocol, `${before}\n${eventReference()}\n${after}`);
