/** Generates the table of events in docs/protocol.md from the table that types them. */
import {EVENTS} from './events.ts';
import type {Fields} from './fields.ts';

const fieldsOf = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, {holds, mayBeMissing}]) => `\`${name}\`${mayBeMissing ? '?' : ''}: ${holds}`)
    .join('; ');

export const eventReference = (): string =>
  [
    '| event | fields | meaning |',
    '|---|---|---|',
    ...Object.entries(EVENTS).map(([type, {fields, doc}]) => `| \`${type}\` | ${fieldsOf(fields)} | ${doc} |`),
  ].join('\n');
