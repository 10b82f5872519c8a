/** Pieces of JSON texts, valid and invalid ones. */

export const JSON_PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '\\',
  '"a"',
  'null',
  'true',
  '1',
  '-1.5e3',
  '\n',
  '"\\ud800"',
  ' ',
];
