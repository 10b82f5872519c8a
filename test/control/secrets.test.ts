import fc from 'fast-check';
import {expect, test} from 'vitest';
import {maskValue} from '../../src/control/secrets.ts';
import {stepsGrowLinearly} from '../text/growth.ts';

const MIXED = ['://a@b:c/', '://:"@', '@:', '/@', '://@@', '://:@@', '"@', ':/@', '://u:p/@', '://u@h:p@@"'];

/** The reference for masking, as a pattern that takes quadratic time. */
const byPattern = (text: string): string =>
  text.replace(
    /(:\/\/[^/\s:@]*:)(?:[^@\s]+(?:@[^@/\s"]*)*|(?:@[^@/\s"]*)+)@|(:\/\/[^/\s:]*:)(?:[^@/\s"]+(?:@[^@/\s"]*)*|(?:@[^@/\s"]*)+)@/g,
    (_, plain: string | undefined, address: string | undefined) => `${plain ?? address ?? ''}********@`,
  );

test('passwords in URLs are masked, and nothing else', () => {
  expect(maskValue('URL', 'postgres://app:hunter2@db/x redis://:pw@r')).toBe(
    'postgres://app:********@db/x redis://:********@r',
  );
  expect(maskValue('URL', 'http://host:80/ a@b')).toBe('http://host:80/ a@b');
  expect(maskValue('DB_PASSWORD', 'x')).toBe('********');
  const parts = fc.array(fc.constantFrom(':', '/', '@', '://', 'a', 'b', ' ', '\n', '"'), {maxLength: 24});
  fc.assert(
    fc.property(parts, all => {
      const text = all.join('');
      expect(maskValue('X', text)).toBe(byPattern(text));
    }),
    {numRuns: 20_000},
  );
});

test('a password and a user may contain an @, and a password a slash', () => {
  for (const [value, shown] of [
    ['smtp://me@ex.org:s3cr3t@host', 'smtp://me@ex.org:********@host'],
    ['pg://u:p@ss@h/db', 'pg://u:********@h/db'],
    ['pg://u:p@@h/d@b pg://u:x@h', 'pg://u:********@h/d@b pg://u:********@h'],
    ['{"a":"pg://u:p@w@h","b":"x@y"}', '{"a":"pg://u:********@h","b":"x@y"}'],
    ['pg://u:pa/ss@h/db', 'pg://u:********@h/db'],
    ['pg://u:pa"ss@h/db', 'pg://u:********@h/db'],
    ['ssh://me@host:22/a@b', 'ssh://me@host:22/a@b'],
    ['ssh://me@host/a', 'ssh://me@host/a'],
    ['pg://u:@h', 'pg://u:@h'],
  ] as const)
    expect(maskValue('URL', value)).toBe(shown);
});

test('KEY is a secret only as a word of a name, and a working directory is no password', () => {
  const secret = [
    ...['ENCRYPTION_KEY', 'STRIPE_KEY', 'AWS_ACCESS_KEY_ID', 'KEY', 'key', 'SIGNING_KEYS', 'KEY2', 'TLS-KEY', 'x.key'],
    ...['encryptionKey', 'licenseKeys', 'ACCESSKEY', 'APIKEY', 'MYSQL_PWD', 'DBPWD', 'userPwd', 'OLD_PWD', 'pwd'],
    ...['PUBLIC_KEY_SECRET', 'env.ENCRYPTION_KEY', 'DB_PASSWORD', 'PGPASSFILE', 'GITHUB_TOKEN'],
  ];
  const open = [
    ...['PWD', 'OLDPWD', 'env.PWD', 'PUBLIC_KEY', 'STRIPE_PUBLISHABLE_KEY', 'publicKey', 'KEYBOARD', 'XKBKEYMAP'],
    ...['MONKEY', 'TURKEY_URL', 'keyboard', 'monkeys', 'HOCKEY_2', 'HOME', 'KEYED'],
  ];
  expect(secret.filter(name => maskValue(name, 'x') !== '********')).toEqual([]);
  expect(open.filter(name => maskValue(name, 'x') !== 'x')).toEqual([]);
});

test('masking a long value takes time linear in its length', () => {
  for (const piece of ['://:', '://', ':', '://a:b', '://:@', '/', '@', '://a:b@', '://@:', '://@:"', ':@', ...MIXED])
    stepsGrowLinearly(`masking ${piece}`, piece, text => maskValue('LONG', text));
});
