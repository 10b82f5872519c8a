// Writes docs/fleet-file.md from the tables in src/fleet: node docs/make-fleet-reference.mjs
import {writeFileSync} from 'node:fs';
import {build} from 'esbuild';

const bundle = await build({
  entryPoints: [new URL('../src/fleet/reference.ts', import.meta.url).pathname],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  target: 'node20',
});
const code = Buffer.from(bundle.outputFiles[0].contents).toString('base64');
const {fleetReference} = await import(`data:text/javascript;base64,${code}`);
writeFileSync(new URL('fleet-file.md', import.meta.url), fleetReference());
