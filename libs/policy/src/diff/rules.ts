// Rego text taken apart at its outermost level: enough to name the rules in it and to see which of them differ. It is not a
// parser. A text that is no Rego comes apart somehow, and comes apart the same way twice.

export interface Rule {
  /** "deny[drop-table]": the name, and in brackets the id the rule gives itself. Statements of one name are one rule. */
  name: string;
  /** Without comments and layout: equal texts mean the same. */
  text: string;
}

/** The package a module belongs to, and its rules by name. */
export function rulesOf(module: string): { package: string; rules: Rule[] } {
  let name = '';
  const texts = new Map<string, string[]>();
  for (const statement of statementsOf(module)) {
    const named = /^package (.+)$/.exec(statement);
    if (named && name === '') {
      name = named[1]!;
      continue;
    }
    const rule = nameOf(statement);
    const parts = texts.get(rule) ?? [];
    parts.push(statement);
    texts.set(rule, parts);
  }
  return { package: name, rules: [...texts].map(([rule, parts]) => ({ name: rule, text: parts.join('\n') })) };
}

function nameOf(statement: string): string {
  if (statement.startsWith('import ')) return statement;
  const head = /^(?:default )?[\w.]+/.exec(statement)?.[0] ?? statement.slice(0, 40);
  const id = /"rule": ?"([^"\\]{1,80})"/.exec(statement)?.[1];
  return id === undefined ? head : `${head}[${id}]`;
}

/** A string, a raw string, a comment, a bracket, a line end, blanks, or anything else up to the next of these. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"?|`[^`]*`?|#[^\n]*|[([{]|[)\]}]|\n|[^\S\n]+|[^"`#()[\]{}\s]+/g;

// A statement ends where, outside all brackets, a line begins with a new word. `else` goes on with the one before it.
function statementsOf(module: string): string[] {
  const statements: string[] = [];
  let [current, depth, atLineStart, blank] = ['', 0, true, false];
  for (const [token] of module.replaceAll('\r\n', '\n').matchAll(TOKEN)) {
    if (token === '\n' || token.startsWith('#') || token.trim() === '') {
      blank = true;
      if (!token.startsWith('#')) atLineStart = token === '\n';
      continue;
    }
    const opens = /^[([{]$/.test(token);
    const closes = /^[)\]}]$/.test(token);
    if (atLineStart && depth === 0 && !closes && token !== 'else' && current !== '') {
      statements.push(current);
      current = '';
    }
    depth = Math.max(0, depth + (opens ? 1 : closes ? -1 : 0));
    current += blank && current !== '' ? ` ${token}` : token;
    [atLineStart, blank] = [false, false];
  }
  return current === '' ? statements : [...statements, current];
}
