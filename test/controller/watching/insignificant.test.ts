import {describe, expect, test} from 'vitest';
import {insignificant} from '../../../src/controller/watching/insignificant.ts';

const ROOT = '/srv/shop/src';

function ignores(path: string, patterns: readonly string[] = [], {root = ROOT, home = '/var/lib/brood'} = {}): boolean {
  return insignificant(root, {patterns, dir: '/srv/shop', home})(path);
}

describe('an ignored path below a watched one', () => {
  test.each([
    '/srv/shop/src/.git/index',
    '/srv/shop/src/node_modules',
    '/srv/shop/src/a/node_modules/b/c.js',
    '/srv/shop/src/__pycache__/app.cpython-312.pyc',
    '/srv/shop/src/.app.js.swp',
    '/srv/shop/src/.app.js.swx',
    '/srv/shop/src/4913',
    '/srv/shop/src/app.js~',
    '/srv/shop/src/#app.js#',
    '/srv/shop/src/.#app.js',
    '/srv/shop/src/.app.js.kate-swp',
    '/srv/shop/src/app.js___jb_tmp___',
    '/srv/shop/src/.goutputstream-X1Y2Z3',
  ])('may be %s', path => expect(ignores(path)).toBe(true));

  test.each([
    '/srv/shop/src',
    '/srv/shop/src/app.js',
    '/srv/shop/src/.env',
    '/srv/shop/src/git',
    '/srv/shop/src/49130',
    '/srv/shop/src/my_node_modules/a.js',
    '/srv/shop/src/swp',
  ])('is not %s', path => expect(ignores(path)).toBe(false));

  test('is not a path that version control ignores if it was named as the root itself', () => {
    expect(ignores('/srv/node_modules/a/x.js', [], {root: '/srv/node_modules/a'})).toBe(false);
  });

  test('is the state of fleets, unless it is the watched path', () => {
    const home = '/srv/shop/src/state';
    expect(ignores('/srv/shop/src/state/t-1/logs/web.1/out.log', [], {home})).toBe(true);
    expect(ignores('/srv/shop/src/states/x', [], {home})).toBe(false);
    expect(ignores(`${home}/t-1/x`, [], {home, root: `${home}/t-1`})).toBe(false);
  });
});

describe('watch_ignore', () => {
  test('ignores names at any depth, with their contents', () => {
    expect(ignores('/srv/shop/src/a/b.log', ['*.log'])).toBe(true);
    expect(ignores('/srv/shop/src/a/b.logs', ['*.log'])).toBe(false);
    expect(ignores('/srv/shop/src/tmp/x/y', ['tmp/'])).toBe(true);
    expect(ignores('/srv/shop/src/b1.js', ['b?.js'])).toBe(true);
    expect(ignores('/srv/shop/src/b.js', ['b?.js'])).toBe(false);
    expect(ignores('/srv/shop/src/axjs', ['a.js'])).toBe(false);
  });

  test('resolves paths from the folder of the fleet file', () => {
    expect(ignores('/srv/shop/src/gen/a/b.js', ['src/gen'])).toBe(true);
    expect(ignores('/srv/shop/src/gen/a/b.js', ['./src/gen/**'])).toBe(true);
    expect(ignores('/srv/shop/src/generated', ['src/gen'])).toBe(false);
    expect(ignores('/srv/shop/src/a/b/c.ts', ['src/**/*.ts'])).toBe(true);
    expect(ignores('/srv/shop/src/c.ts', ['src/**/*.ts'])).toBe(true);
    expect(ignores('/srv/shop/src/a/b/c.ts', ['src/*/c.ts'])).toBe(false);
    expect(ignores('/srv/shop/src/a.js', ['/srv/shop/src/a.js'])).toBe(true);
  });
});
