import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {quoteWords, splitWords} from '../../src/fleet/index.ts';

const wordsOf = (text: string) => {
  const result = splitWords(text);
  return 'words' in result ? result.words : result.problem;
};

describe('a command line without a shell', () => {
  test.each([
    ['node  server.js\t--port 1', ['node', 'server.js', '--port', '1']],
    [`echo 'a b' "c d" e\\ f`, ['echo', 'a b', 'c d', 'e f']],
    [`a'b'"c"d`, ['abcd']],
    [`echo "" ''`, ['echo', '', '']],
    [`echo "\\$HOME \\"x\\" \\\\ \\n"`, ['echo', '$HOME "x" \\ \\n']],
    [`node -e 'a && b | c > $d; \`e\`'`, ['node', '-e', 'a && b | c > $d; `e`']],
    ['grep foo$ x', ['grep', 'foo$', 'x']],
    ['a \\\n b', ['a', 'b']],
    ['a b\n', ['a', 'b']],
    ['curl http://h/#part', ['curl', 'http://h/#part']],
    ['', []],
  ])('%j is split as a shell would split it', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    ['a | b', '|'],
    ['a && b', '&&'],
    ['a || b', '||'],
    ['a; b', ';'],
    ['a > out', '>'],
    ['a 2>&1', '>'],
    ['a < in', '<'],
    ['a &', '&'],
    ['echo $HOME', '$HOME'],
    ['echo ${HOME}', '${HOME}'],
    ['echo $(date)', '$('],
    ['echo $?', '$?'],
    ['echo `date`', '`'],
    ['echo "$HOME"', '$HOME in double quotes'],
    ['echo "`date`"', '`'],
    ['(a)', '('],
    ['a # b', '#'],
    ['a\nb', 'a second line'],
  ])('%j is rejected: it needs a shell', (text, what) => {
    expect(wordsOf(text)).toContain(`${what} needs a shell`);
  });

  test.each([
    [`echo 'a`, "unterminated single quote (')"],
    ['echo "a', 'unterminated double quote (")'],
    ['echo \\', 'trailing backslash'],
  ])('%j is rejected', (text, said) => {
    expect(wordsOf(text)).toContain(said);
  });

  test('reports which characters a shell would have expanded', () => {
    expect(splitWords('ls *.txt ~/x a~b')).toEqual({words: ['ls', '*.txt', '~/x', 'a~b'], literal: ['*', '~']});
    expect(splitWords("ls '*.txt'")).toMatchObject({literal: []});
  });

  test('any words survive quoting and splitting', () => {
    fc.assert(
      fc.property(fc.array(fc.string({unit: 'binary'})), words => {
        expect(splitWords(quoteWords(words))).toEqual({words, literal: []});
      }),
    );
  });

  test('any text is split or rejected, without an exception', () => {
    const unit = fc.constantFrom(...` ab'"\\$|&;<>(){}*~#\n\`=`.split(''));
    fc.assert(
      fc.property(fc.string({unit}), text => {
        const result = splitWords(text);
        expect('words' in result || result.problem.length > 0).toBe(true);
      }),
      {numRuns: 500},
    );
  });

  test('agrees with /bin/sh on every accepted text', () => {
    const unit = fc.constantFrom(...` ab'"\\$=`.split(''));
    const lines = fc.sample(fc.string({unit, minLength: 1, maxLength: 12}), 300).filter(line => {
      const result = splitWords(line);
      return 'words' in result && result.words.length > 0;
    });
    const script = lines.map(line => `printf '%s\\037' ${line}\nprintf '\\036'\n`).join('');
    const said = execFileSync('/bin/sh', {input: script, encoding: 'utf8'});
    const byShell = said
      .split('\u001e')
      .slice(0, -1)
      .map(each => each.split('\u001f').slice(0, -1));
    expect(lines.map(wordsOf)).toEqual(byShell);
  });
});
