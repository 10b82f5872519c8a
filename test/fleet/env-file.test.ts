import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseEnvFile} from '../../src/fleet/index.ts';

describe('an environment file', () => {
  test('has assignments, comments, blank lines, and an optional export', () => {
    const text = '\uFEFF# a comment\n\nA=1\nexport B = two words \nC=x#y # rest\nEMPTY=\r\nA=2\n';
    expect(parseEnvFile(text)).toEqual({env: {A: '2', B: 'two words', C: 'x#y', EMPTY: ''}, problems: []});
  });

  test('takes single quotes literally and interprets escapes in double quotes, also across lines', () => {
    const text = `A='$x \\n "q"'\nB="a\\nb \\"q\\" \\\\ $x" # rest\nC='one\ntwo'\nD=4\n`;
    expect(parseEnvFile(text).env).toEqual({A: '$x \\n "q"', B: 'a\nb "q" \\ $x', C: 'one\ntwo', D: '4'});
  });

  test('reports each invalid place, and reads the rest', () => {
    const {env, problems} = parseEnvFile('what\nA="b\nB=1\n  2C=3\nD="x" y\n', 'x.env');
    expect(env).toEqual({B: '1'});
    expect(problems.map(({file, line, column}) => [file, line, column])).toEqual([
      ['x.env', 1, 1],
      ['x.env', 2, 3],
      ['x.env', 4, 1],
      ['x.env', 5, 3],
    ]);
  });

  test('parses or rejects any text, within its lines', () => {
    const unit = fc.constantFrom(...`AB='"\\ \n#=exportx\0\r`.split(''));
    fc.assert(
      fc.property(fc.string({unit}), text => {
        for (const {line} of parseEnvFile(text).problems) expect(line).toBeLessThanOrEqual(text.split('\n').length);
      }),
      {numRuns: 300},
    );
  });
});
