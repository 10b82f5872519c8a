/** Bugs to plant: crash injection that misses them would find nothing. */

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: RegExp;
  readonly replace: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'spawn-before-intent',
    file: 'src/keeper/runs/record.ts',
    find: /const record = openRecord\(folder, intent\.token\);([^]*?)add\(record, \{intent\}\);/,
    replace:
      "Object.assign(globalThis, {later: {folder, intent}});\nconst record = {path: '/dev/null', fd: openSync('/dev/null', 'r')};$1",
  },
  {
    name: 'spawn-before-intent',
    file: 'src/keeper/runs/record.ts',
    find: /(export const continueRecord = .* => )add\(record, \{started\}\);/,
    replace: `$1{
      const {folder, intent} = Reflect.get(globalThis, 'later') as {folder: string; intent: Intent};
      append(folder, intent.token, {intent});
      append(folder, intent.token, {started});
    };`,
  },
  {
    // A run without a record would be found, and ended, by the marks of its processes.
    name: 'spawn-before-intent',
    file: 'src/keeper/lifecycle/lost-records.ts',
    find: /return \[\.\.\.found\.values\(\)\];/,
    replace: 'return [];',
  },
  {
    name: 'lines-before-commit',
    file: 'src/controller/turn/engine.ts',
    find: /if \(this\.#gathering === null\) journal\.flush\(\);/,
    replace: 'journal.flush();',
  },
];

/** Returns the text of a source with those of the named bugs that concern it. */
export function mutate(path: string, text: string, names: readonly string[]): string {
  let mutated = text;
  for (const {name, file, find, replace} of MUTANTS) {
    if (file !== path || !names.includes(name)) continue;
    if (!find.test(mutated)) throw new Error(`mutant ${name}: ${path} has changed, so it can't be planted`);
    mutated = mutated.replace(find, replace);
  }
  return mutated;
}
