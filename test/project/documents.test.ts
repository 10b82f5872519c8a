/** Checks that documents about the project are true. */
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {commandTable} from '../../src/cli/commands.ts';
import {parseFleetFile} from '../../src/fleet/index.ts';
import {project} from '../end-to-end/harness.ts';

const read = (...names: string[]): string => readFileSync(join(project, ...names), 'utf8');

function documents(folder = ''): string[] {
  return readdirSync(join(project, folder), {withFileTypes: true}).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist'].includes(entry.name) || entry.name.startsWith('.') ? [] : documents(path);
    }
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const manifest = JSON.parse(read('package.json')) as {
  bin: {brood: string};
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

test('links between documents have existing targets', () => {
  const broken = documents().flatMap(path =>
    [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter(target => !/^[a-z]+:/.test(target) && !existsSync(join(project, dirname(path), target)))
      .map(target => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every decision is in the list of decisions', () => {
  const list = read('docs', 'decisions', 'README.md');
  const decisions = readdirSync(join(project, 'docs', 'decisions')).filter(name => /^\d{4}-/.test(name));
  expect(decisions.length).toBeGreaterThan(0);
  expect(decisions.filter(name => !list.includes(`(${name})`))).toEqual([]);
});

test('the README lists every command', () => {
  const commands = /## Commands\n([^]*?)\n## /.exec(read('README.md'))?.[1] ?? '';
  const named = new Set([...commands.matchAll(/\b[a-z]+\b/g)].map(([word]) => word));
  expect(commandTable.names.filter(name => !named.has(name))).toEqual([]);
});

test('every dependency has a documented reason', () => {
  const reasons = read('docs', 'decisions', '0001-dependencies.md');
  const packages = Object.keys({...manifest.dependencies, ...manifest.devDependencies});
  expect(packages.filter(name => !name.startsWith('@types/') && !reasons.includes(name))).toEqual([]);
});

test('the command declared by the package exists and is executable', () => {
  expect(statSync(join(project, manifest.bin.brood)).mode & 0o111).not.toBe(0);
  expect(read(manifest.bin.brood)).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test('every fixture fleet is valid, and its README has a section on what to look at', async () => {
  const names = readdirSync(join(project, 'fixtures')).filter(name =>
    existsSync(join(project, 'fixtures', name, 'brood.yaml')),
  );
  expect(names).toEqual(expect.arrayContaining(['crash-loop', 'demo', 'orphan-maker', 'zombie-maker']));
  for (const name of names) {
    const {problems} = await parseFleetFile(join(project, 'fixtures', name, 'brood.yaml'));
    expect(problems, name).toEqual([]);
    expect(read('fixtures', name, 'README.md')).toMatch(/Look at/);
  }
});
