// Packages that the bundles leave to be installed beside them.
import {readFileSync} from 'node:fs';
import {builtinModules} from 'node:module';

const builtins = new Set(builtinModules);
const isPackage = name => !/^[./]/.test(name) && !name.startsWith('node:') && !builtins.has(name.split('/')[0]);
const nameOf = path => /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;

/**
 * Returns the packages that the outputs load at run time. esbuild lists imports, but not calls of a function made by
 * createRequire, so those are read from the text.
 */
export function externalPackages(metafiles) {
  const found = new Set();
  for (const {outputs} of metafiles) {
    for (const [path, {imports}] of Object.entries(outputs)) {
      for (const {path: name, external} of imports) if (external && isPackage(name)) found.add(nameOf(name));
      for (const [, name] of readFileSync(path, 'utf8').matchAll(/\brequire\d*\("([^"\n]+)"\)/g)) {
        if (isPackage(name)) found.add(nameOf(name));
      }
    }
  }
  return [...found].sort();
}

/** Throws unless the manifest's `dependencies` are exactly `externals`. */
export function checkDependencies(dependencies, externals) {
  const missing = externals.filter(name => !(name in dependencies));
  const idle = Object.keys(dependencies).filter(name => !externals.includes(name));
  if (missing.length > 0) throw new Error(`not bundled, and no dependency in package.json: ${missing.join(', ')}`);
  if (idle.length > 0)
    throw new Error(`bundled or unused, so not for \`dependencies\` in package.json: ${idle.join(', ')}`);
}
