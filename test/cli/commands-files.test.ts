/** Commands that read fleet files or write files for others: `up`, `check`, `completion`, and closed pipes. */
import {writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {FakeFleet, worker} from './fake-fleet.ts';

test('up: a bad file reports all its errors and starts nothing; a running fleet is an error', async () => {
  const fleet = new FakeFleet(
    'shop',
    'fleet: shop\nworkers:\n  w:\n    run: sleep 1\n    restrat: always\n    stop: {timeout: soon}\n',
  );
  const bad = await fleet.run('up', '-d');
  expect(bad.code).toBe(2);
  expect(bad.err).toMatch(/brood\.yaml:5:5.*\brestart\b/);
  expect(bad.err).toMatch(/soon/);
  expect(bad.err).toMatch(/2 errors in brood\.yaml; nothing was started/);
  writeFileSync(fleet.file, 'fleet: shop\nworkers: {web: {run: sleep 1}}\n');
  expect(await fleet.run('up', '-d', '--only', 'wbe')).toMatchObject({
    code: 2,
    err: expect.stringContaining('did you mean web?') as unknown,
  });
  await fleet.serve({});
  const {code, err} = await fleet.run('up', '-d');
  expect(code).toBe(1);
  expect(err).toMatch(/already running \(supervisor pid \d+\).*brood apply/);
});

test('check: prints problems with their place, or a summary', async () => {
  const fleet = new FakeFleet(
    'shop',
    'fleet: shop\nworkers: {web: {run: node server.js, instances: 3}, db: {run: postgres}}\n',
  );
  expect(await fleet.run('check')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/fleet shop, 2 workers, 4 instances[^]*node server\.js/) as unknown,
  });
  expect((await fleet.run('check', 'none.yaml')).code).toBe(2);
  writeFileSync(`${fleet.cwd}/Procfile`, 'x: sleep 1000\n');
  expect((await fleet.run('check', 'Procfile')).code).toBe(0);
});

test('check: a newline in a file name starts no line of its own', async () => {
  const fleet = new FakeFleet();
  const good = 'x\nbrood.yaml: fleet forged, 9 workers.yaml';
  writeFileSync(`${fleet.cwd}/${good}`, 'fleet: shop\nworkers: {}\n');
  const checked = await fleet.run('check', good);
  expect(checked.code).toBe(0);
  expect(checked.out.trimEnd().split('\n')).toHaveLength(1);
  const bad = 'x\nbrood.yaml:1:1: forged.yaml';
  writeFileSync(`${fleet.cwd}/${bad}`, 'fleet: shop\nworkers: {w: {rum: true}}\n');
  const {code, err} = await fleet.run('check', bad);
  expect(code).toBe(2);
  expect(err).toContain('rum');
  expect(err.split('\n').some(line => line.startsWith('brood.yaml'))).toBe(false);
});

test('completion scripts are accepted by their shells and complete commands, options and workers', async () => {
  const fleet = new FakeFleet();
  await fleet.serve({ps: () => fleet.ps(worker('web/1'), worker('web/2'))});
  const {execFileSync, spawnSync} = await import('node:child_process');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const {code, out} = await fleet.run('completion', shell);
    expect(code).toBe(0);
    for (const word of ['restart', 'timeout', '__complete']) expect(out).toContain(word);
    writeFileSync(`${fleet.cwd}/script.${shell}`, out);
    if (spawnSync(shell, ['--version']).status === 0) execFileSync(shell, ['-n', `${fleet.cwd}/script.${shell}`]);
  }
  const script = `. ./script.bash; brood() { echo web web/1; }; COMP_WORDS=(brood stop w); COMP_CWORD=2; _brood; echo "\${COMPREPLY[@]}"
COMP_WORDS=(brood st); COMP_CWORD=1; _brood; echo "\${COMPREPLY[@]}"; COMP_WORDS=(brood add --restart n); COMP_CWORD=3; _brood; echo "\${COMPREPLY[@]}"`;
  expect(execFileSync('bash', ['-c', script], {cwd: fleet.cwd, encoding: 'utf8'})).toBe(
    'web web/1\nstart stop status\nnever\n',
  );
  expect((await fleet.run('__complete', 'instances')).out).toBe('web\nweb/1\nweb/2\n');
  expect((await fleet.run('__complete', 'workers')).out).toBe('web\n');
  expect((await fleet.run('__complete', 'instances', '--fleet', 'none')).code).toBe(0);
  expect((await fleet.run('completion')).code).toBe(2);
});

test('a pipe closed early by its reader is no error, and long output is complete', async () => {
  const fleet = new FakeFleet();
  const many = Array.from({length: 5000}, (_, i) => worker(`web/${i + 1}`));
  await fleet.serve({ps: () => fleet.ps(...many)});
  const {out, err} = await fleet.run('ps', '--json');
  expect((JSON.parse(out) as {workers: unknown[]}).workers).toHaveLength(5000);
  expect(err).toBe('');
  const running = fleet.start('ps');
  running.child.stdout?.destroy();
  expect(await running.ended).toMatchObject({code: 0, err: ''});
});
