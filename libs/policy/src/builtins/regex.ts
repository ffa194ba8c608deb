import { RE2JS } from 're2js';
import type { Builtins } from '../wasm/host.js';
import { BAD_OPERAND, countOf, refuse, textOf } from './operands.js';

// The regular expressions that the module leaves to its host, with RE2's syntax and in linear time: what JavaScript's own
// engine makes of a pattern and a text can take forever, and an agent chooses the text.

export const REGEX_BUILTINS: Builtins = {
  'regex.match': (pattern, text) => compile(textOf(pattern)).test(textOf(text)),
  re_match: (pattern, text) => compile(textOf(pattern)).test(textOf(text)),
  'regex.is_valid': (pattern) => typeof pattern === 'string' && isValid(pattern),
  'regex.find_all_string_submatch_n': (pattern, text, limit) => {
    const most = countOf(limit);
    return matches(compile(textOf(pattern)), textOf(text), most).map(({ groups }) =>
      groups.map((group) => group ?? ''),
    );
  },
  'regex.split': (pattern, text) => split(compile(textOf(pattern)), textOf(text)),
  'regex.find_n': (pattern, text, limit) => {
    const most = countOf(limit);
    const found = matches(compile(textOf(pattern)), textOf(text), most);
    return found.map(({ groups }) => groups[0] ?? '');
  },
  'regex.replace': (text, pattern, replacement) => replace(textOf(text), compile(textOf(pattern)), textOf(replacement)),
  'regex.template_match': (template, text, open, close) =>
    compile(templatePattern(textOf(template), delimiter(textOf(open)), delimiter(textOf(close)))).test(textOf(text)),
};

const REMEMBERED = 200;
const LONGEST_REMEMBERED = 1_000;
const compiled = new Map<string, RE2JS>();

function isValid(pattern: string): boolean {
  try {
    return compile(pattern) !== undefined;
  } catch (thrown) {
    if (thrown === BAD_OPERAND) return false;
    throw thrown;
  }
}

export function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern);
  } catch {
    return refuse();
  }
  if (pattern.length <= LONGEST_REMEMBERED) {
    if (compiled.size >= REMEMBERED) compiled.delete(compiled.keys().next().value!);
    compiled.set(pattern, expression);
  }
  return expression;
}

interface Match {
  start: number;
  end: number;
  /** The whole match, then the groups; a group that took no part is undefined. */
  groups: (string | undefined)[];
}

// As Go finds them: an empty match right behind another match is none.
function matches(expression: RE2JS, text: string, most = -1): Match[] {
  const found: Match[] = [];
  const matcher = expression.matcher(text);
  let previousEnd = -1;
  for (let from = 0; from <= text.length && found.length !== most && matcher.find(from);) {
    const [start, end] = [matcher.start(0), matcher.end(0)];
    if (!(start === end && start === previousEnd)) {
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined);
      found.push({ start, end, groups });
    }
    from = end > from ? end : from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
    previousEnd = end;
  }
  return found;
}

// As Go splits: no part before an empty match at the start, and none behind one at the end.
function split(expression: RE2JS, text: string): string[] {
  if (expression.pattern() !== '' && text === '') return [''];
  const parts: string[] = [];
  let [begin, end] = [0, 0];
  for (const match of matches(expression, text)) {
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(begin, end));
    begin = match.end;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
}

function replace(text: string, expression: RE2JS, replacement: string): string {
  let [out, at] = ['', 0];
  const names = expression.namedGroups() as Record<string, number>;
  for (const { start, end, groups } of matches(expression, text)) {
    out += text.slice(at, start) + expand(replacement, groups, names);
    at = end;
  }
  return out + text.slice(at);
}

// "$1", "${name}" and "$$"; the longest name counts, so "$1x" is the group called 1x.
function expand(replacement: string, groups: (string | undefined)[], names: Record<string, number>): string {
  return replacement.replace(/\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu, (_, dollar, braced, bare) => {
    if (dollar !== undefined) return '$';
    const name = String(braced ?? bare);
    const index = /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : names[name];
    return (index === undefined ? undefined : groups[index]) ?? '';
  });
}

const delimiter = (text: string) => (Buffer.byteLength(text) === 1 ? text : refuse());

// What stands between the delimiters is a pattern, the rest is literal.
function templatePattern(template: string, open: string, close: string): string {
  let [pattern, literal, level, start] = ['^', 0, 0, 0];
  for (let i = 0; i < template.length; i++) {
    if (template[i] === open) {
      if (++level === 1) start = i;
    } else if (template[i] === close) {
      if (--level < 0) return refuse();
      if (level > 0) continue;
      const inner = template.slice(start + 1, i);
      compile(`^${inner}$`);
      pattern += `${quoteMeta(template.slice(literal, start))}(${inner})`;
      literal = i + 1;
    }
  }
  return level === 0 ? `${pattern}${quoteMeta(template.slice(literal))}$` : refuse();
}

export const quoteMeta = (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
