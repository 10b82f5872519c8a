/**
 * JSON that is safe in a terminal. JSON.stringify escapes only characters below a space; DEL, C1 controls, direction
 * controls and invisible characters would take effect. A program reads an escaped character as the same character.
 */

const ACTS =
  /[\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|\ud804[\udcbd\udccd]|\ud80d[\udc30-\udc3f]|\ud82f[\udca0-\udca3]|\ud834[\udd73-\udd7a]|[\udb40-\udb43][\udc00-\udfff]/g;

export const jsonOf = (value: unknown): string => JSON.stringify(value).replace(ACTS, escaped);

const escaped = (text: string): string =>
  Array.from({length: text.length}, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
