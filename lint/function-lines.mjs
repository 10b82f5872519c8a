/**
 * The limit of `max-lines-per-function` for tests: the callback of a `describe` is a list of tests and has none.
 */
const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** Returns whether a call is `describe(…)`, `describe.skipIf(…)(…)` or `describe.each(…)(…)`. */
function isDescribe(node) {
  if (node.type === 'CallExpression') return isDescribe(node.callee);
  if (node.type === 'MemberExpression') return isDescribe(node.object);
  return node.type === 'Identifier' && node.name === 'describe';
}

export const functionLines = {
  meta: {
    type: 'suggestion',
    schema: [{type: 'integer', minimum: 1}],
    messages: {long: 'The function has {{lines}} lines; at most {{most}} are allowed.'},
  },
  create(context) {
    const [most] = context.options;
    function check(node) {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      if (lines <= most || (node.parent.type === 'CallExpression' && isDescribe(node.parent))) return;
      context.report({node, messageId: 'long', data: {lines, most}});
    }
    return Object.fromEntries(FUNCTIONS.map(type => [type, check]));
  },
};
