/** A fleet's folder that another user could control is not used: nothing in it is run, written or followed. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {basename, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {endsClean, folderOf} from '../end-to-end/losing.ts';
import {isRoot, ordinaryFleet, ORDINARY_UID, using} from '../end-to-end/wrapped.ts';

const OTHER = ORDINARY_UID;
const file = {fleet: 't', workers: {a: {sh: 'echo hello; exec sleep 1000'}}};

/** Starts and stops a fleet once; returns its folder. */
async function folderUsed(fleet: TestFleet): Promise<string> {
  fleet.up();
  await until('its output', () => fleet.run('logs', 'a', '--raw').out === 'hello\n');
  expect(fleet.run('down').code).toBe(0);
  return folderOf(fleet);
}

/** Replaces each program of the copy with a program of the other user. */
function plant(fleet: TestFleet, folder: string): void {
  const code = join(folder, 'code');
  for (const copy of readdirSync(code)) {
    for (const name of ['anchor.cjs', 'keeper.cjs', 'controller.cjs']) {
      const path = join(code, copy, name);
      if (existsSync(path))
        writeFileSync(path, `require('fs').writeFileSync(${JSON.stringify(fleet.path('ran'))}, '');\n`);
    }
  }
}

function isRefused(fleet: TestFleet, words: RegExp): void {
  const {code, err} = fleet.run('up', '-d');
  expect(err).toMatch(words);
  expect(err).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
  expect(existsSync(fleet.path('ran'))).toBe(false);
  expect(fleet.tagged()).toEqual([]);
}

describe.skipIf(!isRoot)('when the folder belongs to another user (needs root to make one so)', () => {
  test('no program that the user has put there is run by any command, and the error names folder and owner', async () => {
    await using(new TestFleet(file), async fleet => {
      const folder = await folderUsed(fleet);
      plant(fleet, folder);
      chownSync(folder, OTHER, OTHER);
      isRefused(fleet, new RegExp(`${folder} belongs to uid ${OTHER}.*BROOD_HOME`));
      expect(fleet.run('up').code).toBe(1);
      // Planted programs are replaced in a folder that belongs to this user again.
      chownSync(folder, 0, 0);
      fleet.up('--wait');
      expect(existsSync(fleet.path('ran'))).toBe(false);
    });
  });

  test('the folder of all fleets is not used either, whoever made it first', async () => {
    await using(new TestFleet(file), fleet => {
      chownSync(fleet.home, OTHER, OTHER);
      isRefused(fleet, /home belongs to uid.*BROOD_HOME/);
      expect(readdirSync(fleet.home)).toEqual([]);
      const added = fleet.run('add', '--fleet', 'default', '--', 'sleep', '1000');
      expect(added.code).toBe(1);
      expect(added.err).toMatch(/belongs to uid/);
      expect(readdirSync(fleet.home)).toEqual([]);
    });
  });

  test('each entry of the folder that belongs to that user is named, and left alone', async () => {
    await using(new TestFleet(file), async fleet => {
      const folder = await folderUsed(fleet);
      for (const name of ['code', 'runs', 'logs', 'fleet.json', 'lock', 'journal.jsonl', 'supervisor.log']) {
        const path = join(folder, name);
        lchownSync(path, OTHER, OTHER);
        isRefused(fleet, new RegExp(`${path.replaceAll('.', '\\.')} belongs to uid`));
        lchownSync(path, 0, 0);
      }
      fleet.up();
    });
  });

  test('root may inspect and control the fleet of a user, but puts no program there', async () => {
    await using(ordinaryFleet(file), async fleet => {
      fleet.up('--wait');
      const {prefix} = fleet;
      fleet.prefix = [];
      expect(fleet.worker('a').status).toBe('ready');
      expect(fleet.run('restart', 'a').code).toBe(0);
      const upgrade = fleet.run('upgrade');
      expect(upgrade.code).toBe(1);
      expect(upgrade.err).toMatch(/belongs to uid/);
      fleet.prefix = prefix;
      await endsClean(fleet);
    });
  });

  test('a command of a user at root’s fleet reports that it belongs to another user', async () => {
    await using(ordinaryFleet(file), fleet => {
      const {prefix} = fleet;
      fleet.prefix = [];
      chownSync(fleet.home, 0, 0);
      chownSync(fleet.folder, 0, 0);
      fleet.up('--wait');
      const folder = folderOf(fleet);
      // The most open modes of a careless owner: the socket still belongs to the owner alone.
      chmodSync(fleet.home, 0o755);
      chmodSync(folder, 0o755);
      chmodSync(fleet.folder, 0o755);
      chmodSync(join(folder, 'fleet.json'), 0o644);
      fleet.prefix = prefix;
      const ps = fleet.run('ps');
      fleet.prefix = [];
      expect(ps.code).toBe(1);
      expect(ps.err).toMatch(/belongs to another user/);
    });
  });
});

test('a folder that is a link is rejected, and its target stays as it is', async () => {
  await using(new TestFleet(file), async fleet => {
    const folder = await folderUsed(fleet);
    const elsewhere = fleet.path('elsewhere');
    mkdirSync(elsewhere);
    chmodSync(elsewhere, 0o755);
    rmSync(folder, {recursive: true});
    symlinkSync(elsewhere, folder);
    isRefused(fleet, /t-[0-9a-f]+ is a symbolic link/);
    expect(statSync(elsewhere).mode & 0o777).toBe(0o755);
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

test('a home below a world-writable folder is rejected until the mode is changed', async () => {
  const fleet = new TestFleet(file);
  const open = fleet.path('open');
  const home = join(open, 'home');
  mkdirSync(home, {recursive: true});
  Object.assign(fleet, {home, env: {...fleet.env, BROOD_HOME: home}});
  await using(fleet, async unsafe => {
    chmodSync(open, 0o777);
    isRefused(unsafe, new RegExp(`${open}, on the way to it .*mode 0777.*every user.*chmod go-w ${open}`));
    expect(readdirSync(home)).toEqual([]);
    chmodSync(open, 0o1777);
    unsafe.up('--wait');
    // A running fleet is not contacted either, since another user could have replaced its socket.
    chmodSync(open, 0o777);
    const ps = unsafe.run('ps');
    expect(ps.code).toBe(1);
    expect(ps.err).toMatch(/every user/);
    chmodSync(open, 0o755);
    await endsClean(unsafe);
  });
});

test('a world-writable folder is rejected, since its contents may belong to any user', async () => {
  await using(new TestFleet(file), async fleet => {
    const folder = await folderUsed(fleet);
    chmodSync(folder, 0o777);
    isRefused(fleet, /mode 0777.*every user/);
    chmodSync(folder, 0o750);
    fleet.up();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});

test('a link in the place of a file or folder of the state is removed and not followed; one in the place of the logs is rejected', async () => {
  await using(new TestFleet(file), async fleet => {
    const folder = await folderUsed(fleet);
    const victims = ['lock', 'fleet.json', 'journal.jsonl', 'supervisor.log', 'snapshot.0', 'snapshot.1'];
    for (const name of victims) {
      writeFileSync(fleet.path(`precious.${name}`), 'precious\n');
      rmSync(join(folder, name), {force: true});
      symlinkSync(fleet.path(`precious.${name}`), join(folder, name));
    }
    mkdirSync(fleet.path('empty'));
    for (const name of ['runs', 'code', 'channels']) {
      rmSync(join(folder, name), {recursive: true, force: true});
      symlinkSync(fleet.path('empty'), join(folder, name));
    }
    fleet.up('--wait');
    for (const name of victims) {
      expect(readFileSync(fleet.path(`precious.${name}`), 'utf8')).toBe('precious\n');
      expect(`${name} ${lstatSync(join(folder, name)).isFile()}`).toBe(`${name} true`);
    }
    expect(readdirSync(fleet.path('empty'))).toEqual([]);
    expect(fleet.run('down').code).toBe(0);
    renameSync(join(folder, 'logs'), fleet.path('logs'));
    symlinkSync(fleet.path('logs'), join(folder, 'logs'));
    isRefused(fleet, /logs is a symbolic link/);
  });
});

test('a home that is reached by links of this user is used', async () => {
  const fleet = new TestFleet(file);
  mkdirSync(fleet.path('real', 'home'), {recursive: true});
  symlinkSync('real', fleet.path('link'));
  const home = fleet.path('link', 'home');
  Object.assign(fleet, {home, env: {...fleet.env, BROOD_HOME: home}});
  await using(fleet, async linked => {
    linked.up('--wait');
    expect(readdirSync(realpathSync(home)).map(name => basename(name).slice(0, 2))).toEqual(['t-']);
    expect(linked.run('up', '-d').code).toBe(1);
    await endsClean(linked);
  });
});

test('a fresh home and folder are for this user alone', async () => {
  const fleet = new TestFleet(file);
  const home = fleet.path('new', 'deeper', 'home');
  Object.assign(fleet, {home, env: {...fleet.env, BROOD_HOME: home}});
  await using(fleet, fresh => {
    const umask = process.umask(0);
    try {
      fresh.up();
    } finally {
      process.umask(umask);
    }
    for (const path of [fresh.path('new'), fresh.path('new', 'deeper'), home, folderOf(fresh)])
      expect(`${path} ${(statSync(path).mode & 0o777).toString(8)}`).toBe(`${path} 700`);
  });
});
