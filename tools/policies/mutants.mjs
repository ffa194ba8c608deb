// Breaks the rules of a Rego file, one thing at a time, by text: so that a mutant is what a person could have written, and
// keeps its place in the file.

/** How a comparison says the opposite. */
const OPPOSITE = { equal: '!=', neq: '==', lt: '>=', lte: '>', gt: '<=', gte: '<' };
/** How a comparison moves by one: a limit that nobody tries from both sides is no limit. */
const NEXT = { lt: '<=', lte: '<', gt: '>=', gte: '>' };
/** They bind names, so their opposite does not compile. */
const BINDING = new Set(['assign', 'eq']);

/**
 * The mutants of a file: `{file, line, rows, rule, id, what, deep, text}`, where `text` is the whole file and `id` stays the
 * same when other rules change. Each clause of a rule is removed, and each of its conditions inverted. Those that are `deep`
 * leave out a condition, move a limit by one or ask for other seats.
 */
export function mutantsOf(file, source, ast) {
  const edit = editor(source);
  const seen = new Map();
  const rulesOf = ordinals();
  return (ast.rules ?? []).flatMap((rule) => {
    const name = `${packageOf(ast)}.${nameOf(rule)}`;
    const whole = edit.at(rule.location);
    const nth = rulesOf(name);
    const changes = clausesOf(rule).flatMap((clause, i) => {
      const below = nodes([clause.body, clause.head]);
      const deep = below.flatMap((node) => deeper(node, edit)).map((change) => ({ ...change, deep: true }));
      return [removal(clause, i, edit), ...below.flatMap((node) => inversions(node, edit)), ...deep];
    });
    return changes.map(({ what, line, start, end, put, deep = false }) => {
      const key = `${file} ${name} ${nth} ${what}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      const id = count === 1 ? key : `${key} ${count}`;
      const rows = [rule.location.row, rule.location.row + source.slice(whole.start, whole.end).split('\n').length - 1];
      return { file, line, rows, rule: name, id, what, deep, text: source.slice(0, start) + put + source.slice(end) };
    });
  });
}

/** A rule and its else branches, each as a rule of its own. */
function clausesOf(rule) {
  const clauses = [];
  for (let clause = rule; clause; clause = clause.else) clauses.push(clause);
  return clauses;
}

/** What never applies is as good as removed, and compiles wherever the rule is used. */
function removal(clause, i, edit) {
  const what = i === 0 ? 'removed' : `else branch ${i} removed`;
  const { row: line } = clause.location;
  if (clause.default) {
    const { start } = edit.at(clause.location);
    return { what, line, start, end: edit.at(clause.head.value.location).end, put: '' };
  }
  const [first] = clause.body;
  if (isImplied(first)) {
    const { end } = edit.at(clause.location);
    return { what, line, start: end, end, put: ' if false' };
  }
  const { start, end, text } = edit.at(first.location);
  const inBraces = clause.body.length > 1 || /\{(\s|#[^\n]*(\n|$))*$/.test(edit.before(start));
  return { what, line, start, end, put: inBraces ? `false; ${text}` : `{ false; ${text} }` };
}

function inversions(node, edit) {
  if (!isCondition(node)) return isCall(node) ? operators(node.value[0], OPPOSITE, edit, 'inverted') : [];
  const { start, end, text } = edit.at(node.location);
  const change = (put) => [{ what: `inverted: ${short(text)}`, line: node.location.row, start, end, put }];
  // In an else branch of one line, opa has the condition begin where the branch does.
  if (node.negated) return change(text.replace(/^(else\b.*?\bif\s+)?not\s+/s, '$1'));
  if (node.terms.body) return change(`count([1 | ${text}]) == 0`);
  const flipped = Array.isArray(node.terms) ? operators(node.terms[0], OPPOSITE, edit, '') : [];
  if (flipped.length === 0) return change(`not ${text}`);
  return flipped.map(({ start: from, end: to, put }) => change(edit.within(start, end, from, to, put))[0]);
}

function deeper(node, edit) {
  if (node.type === 'object') return seats(node, edit);
  if (!isCondition(node)) return isCall(node) ? operators(node.value[0], NEXT, edit, 'moved by one') : [];
  const { start, end, text } = edit.at(node.location);
  const moved = Array.isArray(node.terms) ? operators(node.terms[0], NEXT, edit, '') : [];
  return [
    { what: `left out: ${short(text)}`, line: node.location.row, start, end, put: 'true' },
    ...moved.map((one) => ({ ...one, what: `moved by one: ${short(text)}` })),
  ];
}

function seats(node, edit) {
  const members = new Map(node.value.map(([key, value]) => [key.value, value]));
  if (!members.has('group')) return [];
  return ['group', 'count'].flatMap((name) => {
    const value = members.get(name);
    if (value?.type !== (name === 'group' ? 'string' : 'number')) return [];
    const { start, end, text } = edit.at(value.location);
    const put = name === 'group' ? '"somebody-else"' : `${Number(text) + 1}`;
    return [{ what: `another ${name}: ${text}`, line: value.location.row, start, end, put }];
  });
}

function operators(operator, table, edit, what) {
  const name = operator?.type === 'ref' && operator.value.length === 1 ? operator.value[0].value : '';
  if (!Object.hasOwn(table, name)) return [];
  const { start, end, text } = edit.at(operator.location);
  return [{ what: `${what}: ${text}`, line: operator.location.row, start, end, put: table[name] }];
}

/** All that is below, but for texts that are put together: what stands in them is no condition. */
function nodes(value) {
  if (Array.isArray(value)) return value.flatMap(nodes);
  if (value === null || typeof value !== 'object' || value.type === 'templatestring') return [];
  const { location: _, ...members } = value;
  return [value, ...Object.values(members).flatMap(nodes)];
}

function isCondition(node) {
  if (node.terms === undefined || node.location === undefined || isImplied(node) || node.terms.symbols) return false;
  return !(Array.isArray(node.terms) && BINDING.has(node.terms[0]?.value?.[0]?.value));
}

function isCall(node) {
  return node.type === 'call' && Array.isArray(node.value);
}

/** A rule without a condition has one all the same: opa puts `true` there, at the place of something else. */
function isImplied({ terms, location }) {
  return terms?.type === 'boolean' && terms.value === true && decoded(location) !== 'true';
}

function packageOf(ast) {
  return ast.package.path
    .slice(1)
    .map(({ value }) => value)
    .join('.');
}

/** "deny", and which one of them where a rule says so itself. */
function nameOf({ head }) {
  const name = (head.ref ?? []).map(({ value }) => (typeof value === 'string' ? value : '_')).join('.') || head.name;
  const own = (head.key?.type === 'object' ? head.key.value : []).find(([key]) => key.value === 'rule')?.[1];
  return own?.type === 'string' ? `${name} ${own.value}` : name;
}

function ordinals() {
  const counts = new Map();
  return (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts.get(name);
  };
}

/** Finds what opa parsed in the text it parsed. */
function editor(source) {
  const lines = source.split('\n');
  const starts = [0];
  for (const line of lines) starts.push(starts.at(-1) + line.length + 1);
  return {
    at(location) {
      const text = decoded(location);
      const from = starts[location.row - 1];
      // Columns count characters of another kind than ours, which tells only after one beyond ASCII.
      const start = source.startsWith(text, from + location.col - 1)
        ? from + location.col - 1
        : source.indexOf(text, from);
      if (start === -1) throw new Error(`what opa found on line ${location.row} is not there: ${text}`);
      return { start, end: start + text.length, text };
    },
    before: (offset) => source.slice(0, offset),
    within: (start, end, from, to, put) => source.slice(start, from) + put + source.slice(to, end),
  };
}

function decoded(location) {
  return Buffer.from(location.text, 'base64').toString();
}

function short(text) {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
