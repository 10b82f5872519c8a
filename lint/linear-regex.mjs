/**
 * An ESLint rule: a pattern must take time linear in the length of the text, since almost every text here is untrusted:
 * a command line, a line of output, a value of a variable. JavaScript's engine backtracks, so the rule rejects:
 *
 * - an unbounded repetition within another: `(a+)*`, which may take exponential time;
 * - two unbounded repetitions that may divide one stretch of text in many ways: `.* x .*`;
 * - a pattern without `^` in which something must follow an unbounded repetition that matches the place where it began:
 *   `\s+$` or `://.*@`, which scans to the end again from every place.
 *
 * Not every rejected pattern is slow. One that only sees text of the kernel or of the project is annotated with
 * `// eslint-disable-next-line brood/linear-regex -- why`.
 */
import {RegExpParser} from '@eslint-community/regexpp';

/** A repetition with a higher limit counts as unbounded. */
const MANY = 300;
/** Characters for comparing sets: all of Latin 1, and some that `\s`, `\p{…}` and case folding add. */
const SAMPLES = [
  ...Array.from({length: 256}, (_, code) => String.fromCharCode(code)),
  ...'\u0130\u0131\u017f\u212a\u0301\u0660\u200b\u200d\u2028\u2029\u202e\u3000\u4e00\ufe0f\ufeff\ufffd',
];

const messages = {
  nested: 'An unbounded repetition within another may take exponential time: {{pattern}}',
  overlapping: 'Two unbounded repetitions may divide the same text, which takes quadratic time: {{pattern}}',
  restarting:
    'Without ^ this is tried from every place, and scans on from each, which takes quadratic time: {{pattern}}',
  dynamic: 'A pattern that is put together can not be checked: use a literal, or say why it is linear',
  reason: 'Say behind -- why the pattern is linear in the text that it sees',
};

export const linearRegex = {
  meta: {type: 'problem', messages, schema: []},
  create: context => ({
    Literal(node) {
      if (!node.regex) return;
      const found = faultOf(node.regex.pattern, node.regex.flags);
      if (found !== null) context.report({node, messageId: found, data: {pattern: node.raw}});
    },
    'NewExpression[callee.name="RegExp"], CallExpression[callee.name="RegExp"]'(node) {
      context.report({node, messageId: 'dynamic'});
    },
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        const {value} = comment;
        if (value.includes('eslint-disable') && value.includes('brood/linear-regex') && !/ -- \S/.test(value))
          context.report({loc: comment.loc, messageId: 'reason'});
      }
    },
  }),
};

/** Returns the id of the message for the pattern's fault, or null. */
export function faultOf(pattern, flags) {
  const unicode = flags.includes('u') || flags.includes('v');
  const tree = new RegExpParser().parsePattern(pattern, 0, pattern.length, {
    unicode,
    unicodeSets: flags.includes('v'),
  });
  const charset = charsets(flags);
  for (const {elements} of tree.alternatives) {
    const fault = faultOfSequence(elements, flags, charset);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfSequence(elements, flags, charset) {
  const steps = elements.flatMap(element => stepsOf(element, charset));
  if (steps.some(({isNested}) => isNested)) return 'nested';
  const repeated = steps.flatMap((step, at) => (step.isUnbounded ? [at] : []));
  for (const [n, at] of repeated.entries()) {
    for (const later of repeated.slice(n + 1)) {
      if (disjoint(steps[at].set, steps[later].set)) continue;
      // A required step between them that one of the two can't match marks the end of the first or the start of the
      // second.
      const between = steps.slice(at + 1, later).filter(step => step.set !== null && isNeededFor(step, steps[later]));
      const isClear = ({set}) => disjoint(set, steps[at].set) || disjoint(set, steps[later].set);
      if (!between.some(isClear)) return 'overlapping';
    }
  }
  const isAnchored = elements[0]?.type === 'Assertion' && elements[0].kind === 'start' && !flags.includes('m');
  const perLine = elements[0]?.type === 'Assertion' && elements[0].kind === 'start' && flags.includes('m');
  if (isAnchored || flags.includes('y')) return null;
  const beginsWord = elements[0]?.type === 'Assertion' && elements[0].kind === 'word' && !elements[0].negate;
  for (const at of repeated) {
    const mustFollow = steps.slice(at + 1).some(({isOptional, groups}) => !isOptional && groups.length === 0);
    if (!mustFollow) continue;
    if (perLine && !steps[at].set.has('\n')) continue;
    // No other word begins within a word.
    if (beginsWord && at === 1 && [...steps[at].set].every(one => /\w/.test(one))) continue;
    const before = steps.slice(0, at).filter(step => step.set !== null && isNeededFor(step, steps[at]));
    if (!before.some(({set}) => disjoint(set, steps[at].set))) return 'restarting';
  }
  return null;
}

/** Whether `step` has matched something wherever `other` has. */
const isNeededFor = (step, other) => !step.isOptional && step.groups.every(group => other.groups.includes(group));

/**
 * Returns the parts of a sequence: the set that each may match (null for an assertion), whether it may match nothing,
 * and the optional groups around it.
 */
function stepsOf(element, charset) {
  switch (element.type) {
    case 'Assertion':
      return [{set: null, groups: [], isOptional: false, isUnbounded: false, isNested: false}];
    case 'Quantifier': {
      const inner = stepsOf(element.element, charset);
      const isUnbounded = element.max > MANY;
      const isNested = inner.some(step => step.isNested) || (isUnbounded && inner.some(step => step.isUnbounded));
      const set = union(inner.map(step => step.set));
      // A repetition of a sequence is one step: its possible ends are no better determined than its set.
      if (element.max <= 1 && inner.length > 0)
        return element.min === 0 ? inner.map(step => ({...step, groups: [...step.groups, element]})) : inner;
      return [
        {
          set,
          groups: [],
          isOptional: element.min === 0,
          isUnbounded: isUnbounded || inner.some(step => step.isUnbounded),
          isNested,
        },
      ];
    }
    case 'Group':
    case 'CapturingGroup': {
      if (element.alternatives.length === 1)
        return element.alternatives[0].elements.flatMap(one => stepsOf(one, charset));
      const inner = element.alternatives.map(({elements}) => elements.flatMap(one => stepsOf(one, charset)));
      const all = inner.flat();
      return [
        {
          set: union(all.map(step => step.set)),
          groups: [],
          isOptional: inner.some(steps => steps.every(step => step.isOptional || step.groups.length > 0)),
          isUnbounded: all.some(step => step.isUnbounded),
          isNested: all.some(step => step.isNested),
        },
      ];
    }
    default:
      return [{set: charset(element.raw), groups: [], isOptional: false, isUnbounded: false, isNested: false}];
  }
}

/** Returns a function from the text of a part of a pattern to the samples that it matches. */
function charsets(flags) {
  const known = new Map();
  return raw => {
    const found = known.get(raw);
    if (found !== undefined) return found;
    let set;
    try {
      const one = new RegExp(`^(?:${raw})$`, flags.replace(/[gym]/g, ''));
      set = new Set(SAMPLES.filter(sample => one.test(sample)));
    } catch {
      // A back reference may match anything.
      set = new Set(SAMPLES);
    }
    known.set(raw, set);
    return set;
  };
}

function union(sets) {
  const kept = sets.filter(set => set !== null);
  return kept.length === 0 ? null : new Set(kept.flatMap(set => [...set]));
}

const disjoint = (a, b) => a === null || b === null || [...a].every(one => !b.has(one));
