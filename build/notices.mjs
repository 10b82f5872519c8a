// The licence notices of all bundled code: MIT, ISC and BSD require them wherever the code is distributed.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** Returns the package's own folder: the last `node_modules/NAME` of a path, since packages may be nested. */
const packageFolder = path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;

/** Returns the folders of packages whose code is in the outputs of esbuild's metafiles. */
export function bundledPackages(metafiles) {
  const folders = new Set();
  for (const {outputs} of metafiles) {
    for (const {inputs} of Object.values(outputs)) {
      for (const [path, {bytesInOutput}] of Object.entries(inputs)) {
        const folder = packageFolder(path);
        if (folder !== null && bytesInOutput > 0) folders.add(folder);
      }
    }
  }
  return [...folders].sort();
}

function noticeOf(folder) {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = existsSync(folder)
    ? readdirSync(folder)
        .filter(file => LICENCE_FILE.test(file))
        .sort()
    : [];
  const text = texts.map(file => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  if (text === '')
    throw new Error(`${name} ${version} is bundled, but ${folder} has no licence text: it can't be shipped`);
  return {name, version, license, text};
}

/** Returns the text of THIRD-PARTY.txt. Throws if a package has no licence text. */
export function thirdPartyNotices(folders) {
  const notices = folders.map(noticeOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = notices.map(
    ({name, version, license, text}) => `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`,
  );
  return `The programs in this folder contain code of the following packages, under their licences.\n\n${parts.join('\n')}`;
}
