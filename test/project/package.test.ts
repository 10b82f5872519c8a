/**
 * The package: it has the necessary files and no others, names the authors of bundled code, and works where it is
 * installed.
 */
import {spawnSync} from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, normalize} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {project} from '../end-to-end/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'brood-package-'));
const source = join(folder, 'source');
const installed = join(folder, 'installed');
const inPackage = (...names: string[]): string => join(source, ...names);

interface Result {
  readonly code: number | null;
  readonly out: string;
}

function run(
  cwd: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Result {
  const {status, stdout, stderr} = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: {...process.env, ...env},
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return {code: status, out: stdout + stderr};
}

function succeed(...args: Parameters<typeof run>): string {
  const {code, out} = run(...args);
  if (code !== 0) throw new Error(`${args[1]} ${args[2].join(' ')}: exit ${code ?? '?'}: ${out.slice(0, 2_000)}`);
  return out;
}

/** Options of npm: without registry, user settings and npm's own messages. */
const quiet = [
  '--offline',
  `--cache=${join(folder, 'cache')}`,
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--silent',
];

/** Makes a package from a folder, in the folder of the tests. Returns the paths in it. */
function pack(path: string): string[] {
  const out = succeed(folder, 'npm', ['pack', '--json', ...quiet, path]);
  const [made] = JSON.parse(out) as {files: {path: string}[]}[];
  return (made?.files ?? []).map(file => file.path).sort();
}

let packed: string[] = [];

beforeAll(() => {
  // Built separately: other tests are running the programs in dist/.
  mkdirSync(source);
  succeed(project, process.execPath, ['build.mjs', '--types', `--out=${inPackage('dist')}`]);
  for (const name of readdirSync(project)) {
    const isOfTheRepository = !/^(\.|node_modules$|dist$|coverage$)/.test(name);
    if (isOfTheRepository) cpSync(join(project, name), inPackage(name), {recursive: true});
  }
  packed = pack(source);
});

afterAll(() => rmSync(folder, {recursive: true, force: true}));

test('the package has the programs, the library and its types, the documents for users, and no more', () => {
  const kinds: readonly RegExp[] = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
    /^docs\/(guide|fleet-file|protocol)\.md$/,
    /^docs\/decisions\/[\w-]+\.md$/,
    /^dist\/(cli\.js|(anchor|keeper|controller|top)\.cjs|(index|fleet)\.mjs|package\.json|THIRD-PARTY\.txt)$/,
    /^dist\/types\/.*\.d\.ts$/,
  ];
  expect(packed.filter(path => !kinds.some(kind => kind.test(path)))).toEqual([]);
  const needed = ['cli.js', 'anchor.cjs', 'keeper.cjs', 'controller.cjs', 'top.cjs', 'index.mjs', 'fleet.mjs'];
  const wanted = [...needed, 'package.json', 'THIRD-PARTY.txt', 'types/worker/index.d.ts'].map(name => `dist/${name}`);
  expect(packed).toEqual(
    expect.arrayContaining([...wanted, 'LICENSE', 'SECURITY.md', 'CHANGELOG.md', 'docs/guide.md']),
  );
});

test('links in the documents of the package have targets in it', () => {
  // The README is also the front page of the repository: its pictures and documents for contributors are not packed.
  const onlyInRepository = /^(CONTRIBUTING\.md$|docs\/(screens\/|soak\.md$|ARCHITECTURE\.md$))/;
  const broken = packed
    .filter(path => path.endsWith('.md'))
    .flatMap(path =>
      [...readFileSync(inPackage(path), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter(target => !/^[a-z]+:/.test(target))
        .map(target => normalize(join(dirname(path), target)))
        .filter(target => !onlyInRepository.test(target) && !packed.some(one => `${one}/`.startsWith(`${target}/`)))
        .map(target => `${path}: ${target}`),
    );
  expect(broken).toEqual([]);
});

test('every bundled package is listed, with a licence', () => {
  const notices = readFileSync(inPackage('dist', 'THIRD-PARTY.txt'), 'utf8');
  // esbuild puts the path of each file above its text, unless the text is minified.
  const bundled = ['controller.cjs', 'keeper.cjs', 'anchor.cjs', 'top.cjs', 'index.mjs'].flatMap(name =>
    [
      ...readFileSync(inPackage('dist', name), 'utf8').matchAll(/^\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm),
    ].map(([, package_ = '']) => package_),
  );
  const names = [...new Set(bundled)];
  expect(names).toEqual(expect.arrayContaining(['execa', 'yaml', 'chokidar', 'pidtree']));
  for (const name of names) expect(notices).toMatch(new RegExp(`^-+\n${name} \\d\\S* \\(\\S+\\)\n\n[^]{200}`, 'm'));
});

test('the library is small, and loads the parser of fleet files only on demand', () => {
  const library = readFileSync(inPackage('dist', 'index.mjs'), 'utf8');
  expect(library.length).toBeLessThan(40_000);
  expect(library).not.toMatch(/^import[^\n]*fleet\.mjs/m);
  expect(library).toMatch(/import\("\.\/fleet\.mjs"\)/);
});

/** Runs a script that imports a part of the build. */
const evaluate = (script: string): Result => run(project, process.execPath, ['--input-type=module', '-e', script]);

test('the build fails for a bundled package without a licence text, and for a dependency that is bundled, missing or unused', () => {
  const bare = join(folder, 'node_modules', 'bare');
  mkdirSync(bare, {recursive: true});
  writeFileSync(join(bare, 'package.json'), '{"name": "bare", "version": "1.0.0", "license": "MIT"}');
  const notices = `const {thirdPartyNotices} = await import('./build/notices.mjs'); thirdPartyNotices(['${bare}'])`;
  expect(evaluate(notices)).toMatchObject({code: 1, out: expect.stringContaining('bare 1.0.0 is bundled') as string});
  writeFileSync(join(bare, 'LICENSE'), 'as you like');
  expect(evaluate(notices).code).toBe(0);

  const check = (dependencies: object, externals: string[]): Result =>
    evaluate(
      `const {checkDependencies} = await import('./build/externals.mjs'); ` +
        `checkDependencies(${JSON.stringify(dependencies)}, ${JSON.stringify(externals)})`,
    );
  expect(check({a: '1'}, ['a']).code).toBe(0);
  expect(check({a: '1'}, ['a', 'b']).out).toContain('no dependency in package.json: b');
  expect(check({a: '1', b: '1'}, ['a']).out).toContain('package.json: b');
});

test('installed in an empty folder, the command shows help, starts a fleet, lists it and ends it; the library connects', () => {
  mkdirSync(installed);
  writeFileSync(join(installed, 'package.json'), '{"private": true, "type": "module"}');
  // The dependencies as installed here, so that no registry is needed.
  const own = [
    'koffi',
    'blessed',
    ...readdirSync(join(project, 'node_modules', '@koromix')).map(name => `@koromix/${name}`),
  ];
  for (const name of own) pack(join(project, 'node_modules', name));
  const tarballs = readdirSync(folder).filter(name => name.endsWith('.tgz'));
  succeed(installed, 'npm', ['install', ...quiet, ...tarballs.map(name => join(folder, name))]);

  const home = join(folder, 'home');
  mkdirSync(home, {mode: 0o700});
  const env = {BROOD_HOME: home, BROOD_FLEET: '', NO_COLOR: '1'};
  const brood = (...args: string[]): string => succeed(installed, 'npx', ['--offline', 'brood', ...args], env);
  writeFileSync(join(installed, 'brood.yaml'), 'fleet: packed\nworkers:\n  w: {run: sleep 1000}\n');
  expect(brood('--help')).toContain('usage: brood COMMAND');
  const script = `
    import {connect, NotRunningError} from 'brood';
    try {
      const client = await connect();
      console.log((await client.call('ps', {})).workers.map(worker => worker.id + ' ' + worker.status).join());
      client.close();
    } catch (error) {
      console.log(error instanceof NotRunningError ? 'not running' : error);
    }`;
  writeFileSync(join(installed, 'ask.js'), script);
  const ask = (): string => succeed(installed, process.execPath, ['ask.js'], env).trim();
  // No fleet was started from this file yet: the library reads the name from it.
  expect(ask()).toBe('not running');
  try {
    expect(brood('up', '-d', '--wait')).toContain('fleet packed is up');
    expect(brood('ps')).toMatch(/^w\/1\s+ready/m);
    expect(ask()).toBe('w/1 ready');
  } finally {
    expect(brood('down')).toContain('nothing is left');
  }
});

test('the types agree with the library', () => {
  const user = join(folder, 'typed');
  mkdirSync(join(user, 'node_modules'), {recursive: true});
  symlinkSync(source, join(user, 'node_modules', 'brood'));
  symlinkSync(join(project, 'node_modules', '@types'), join(user, 'node_modules', '@types'));
  const program = `
    import {connect, RpcError, type PsReport} from 'brood';
    const client = await connect('shop', {timeoutMs: 100});
    const report: PsReport = await client.call('ps', {});
    export const ids: string[] = report.workers.map(worker => worker.id);
    // @ts-expect-error there is no such method
    await client.call('nothing', {}).catch((error: unknown) => error instanceof RpcError);`;
  writeFileSync(join(user, 'index.ts'), program);
  writeFileSync(join(user, 'package.json'), '{"type": "module"}');
  const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--noEmit', '--types', 'node'];
  succeed(user, join(project, 'node_modules', '.bin', 'tsc'), [...options, 'index.ts']);
  expect(existsSync(inPackage('dist', 'types', 'fleet', 'schema-fleet.d.ts'))).toBe(false);
});
