/** The reference of the fleet file, generated from the tables that parse the file. */
import {fleet, group} from './schema/fleet.ts';
import {channel} from './schema/channels.ts';
import {worker} from './schema/worker.ts';
import type {Key, Kind, Option, Section, Table} from './check/check.ts';

const INTRODUCTION = `# The fleet file

<!-- Written by docs/make-references.mjs from the tables in src/fleet: change those. -->

\`brood check FILE\` reports all errors of a file at once, each with its line and column, and all settings that have no
effect yet (marked **not yet** below).

\`\`\`yaml
fleet: shop
x-service: &service              # keys that begin with x- are ignored; use them to hold anchors
  restart: on-failure
  stop: {timeout: 5s}
workers:
  db:
    run: postgres -D data
    ready: {tcp: 5432}
  web:
    <<: *service
    run: [node, server.js]
    cwd: web
    env: {PORT: 3000}
    instances: 4
    after: [db]
\`\`\`

- **Names** of fleets, workers, groups and channels: letters, digits and \`-\`, starting with a letter, at most 63 characters.
- **Durations**: \`500ms\`, \`10s\`, \`1.5s\`, \`5m\`, \`1h\`, \`7d\`. **Sizes**: \`4KiB\`, \`512MiB\`, \`1GiB\`. Numbers without a unit are rejected.
- **Paths** are relative to the fleet file's folder; \`~\` is not expanded.
- **Signals** are given by name, with or without \`SIG\`, in upper or lower case.
- **Commands** are a list, or a string that is split like a shell command line: quotes and backslashes are honored. Features
  that need a shell (\`|\`, \`&&\`, \`>\`, \`$NAME\`) are rejected; use \`sh:\` to run a shell.
- **Anchors**, aliases and merge keys (\`<<\`) work. Duplicate keys, unknown keys and a second document are errors.
- **Limits**: 1 MiB for a file, 20,000 items for a list or map, 10,000 instances for a fleet. Expanded aliases may add up to
  4 MiB of text and, with the rest of the file, 300,000 values.
`;

const PROCFILE = `
## Procfile

A file named \`Procfile\` (or \`Procfile.dev\`, \`web.procfile\`) contains lines of \`name: command\`, blank lines, and comments that
begin with \`#\`. Each command runs through \`/bin/sh -c\`, with the defaults of all keys. The fleet is named after its
folder. \`_\` in a name becomes \`-\`.

## Environment file

The file of \`env_file\` contains lines of \`KEY=VALUE\`, optionally after \`export\`, blank lines, and comments (\`#\`). A value in
single quotes is literal; in double quotes, \`\\n\`, \`\\t\`, \`\\"\` and \`\\\\\` are escapes. Both may span several lines. Nothing is
expanded. The file is read at every start.
`;

/** Returns the whole of docs/fleet-file.md. */
export function fleetReference(): string {
  const sections: Section[] = [];
  for (const check of [fleet, worker, group, channel]) if (check.section) sections.push(check.section);
  const parts: string[] = [];
  const written = new Set<Section>(sections);
  for (const section of sections) {
    parts.push(sectionText(section, '##'));
    for (const below of sectionsBelow(section, written)) parts.push(sectionText(below, '###'));
  }
  return `${INTRODUCTION}\n${parts.join('\n')}${PROCFILE}`;
}

function sectionsBelow(section: Section, written: Set<Section>): readonly Section[] {
  const below: Section[] = [];
  for (const {check} of [...Object.values(section.kinds ?? {}), ...Object.values(section.keys)]) {
    if (check.section === undefined || written.has(check.section)) continue;
    written.add(check.section);
    below.push(check.section, ...sectionsBelow(check.section, written));
  }
  return below;
}

function sectionText({title, doc, keys, kinds}: Section, heading: string): string {
  const heads = kinds === undefined ? '' : `\n${kindTable(kinds)}`;
  const rows = Object.keys(keys).length === 0 ? '' : `\n${keyTable(keys)}`;
  return `${heading} ${title.includes(' ') ? title : `\`${title}\``}\n\n${doc}\n${heads}${rows}`;
}

function kindTable(kinds: Readonly<Record<string, Kind>>): string {
  const rows = Object.entries(kinds).map(([name, {check, doc, example, later}]) => [
    code(`${name}: ${example ?? check.example}`),
    mark(doc, later),
  ]);
  return table(['one of', 'meaning'], rows);
}

function keyTable(keys: Table): string {
  const rows = Object.entries(keys).map(([name, key]) => [
    code(name),
    code(key.example ?? key.check.example),
    usual(key),
    mark([key.doc, ...optionTexts(key.check.options)].join(' '), key.later),
  ]);
  return table(['key', 'example', 'default', 'meaning'], rows);
}

function optionTexts(options: Readonly<Record<string, Option>> = {}): readonly string[] {
  return Object.entries(options).map(([word, {doc, alias, later}]) => {
    const words = alias === undefined ? code(word) : `${code(word)} (also ${code(alias)})`;
    return mark(`${words}: ${doc}.`, later);
  });
}

function usual({or, check}: Key): string {
  if (or === undefined) return 'required';
  if (or.text !== undefined) return or.text;
  return or.value === null ? 'none' : code(check.show(or.value));
}

function mark(doc: string, later: boolean | undefined): string {
  return later ? `${doc} **Not yet.**` : doc;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |\n`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('');
}
