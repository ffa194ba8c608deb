// The part of opa's syntax tree that is read here, as `opa parse --format json --json-include locations` prints it.

export interface Location {
  file: string;
  /** From 1. */
  row: number;
  col: number;
  /** The source text, base64. */
  text: string;
}

export interface Term {
  type: string;
  value: unknown;
  location?: Location;
}

export interface Expression {
  location: Location;
  negated?: boolean;
  /** A call as a list with its operator first, one term, or the parts of `some` and `every`. */
  terms: Term | Term[] | { symbols: Term[] } | Record<string, unknown>;
  with?: unknown[];
}

export interface Rule {
  location: Location;
  default?: boolean;
  head: { name?: string; key?: Term; value?: Term; args?: Term[]; ref: Term[]; location: Location };
  body?: Expression[];
  else?: Rule;
  annotations?: { scope: string; title?: string; description?: string; custom?: Record<string, unknown> }[];
}

export interface Module {
  package: { path: Term[]; location: Location };
  imports?: { path: Term; alias?: string; location: Location }[];
  rules?: Rule[];
  annotations?: (NonNullable<Rule['annotations']>[number] & { location: Location })[];
}

/** "policies.db" */
export function packageOf(module: Module): string {
  return module.package.path
    .slice(1)
    .map(({ value }) => String(value))
    .join('.');
}

export function textOf(location: Location): string {
  return Buffer.from(location.text, 'base64').toString('utf8');
}

/** The steps of a reference as far as they are fixed: ["input", "action", "name"]. Undefined for what is no reference. */
export function fixedPath(term: Term): string[] | undefined {
  if (term.type === 'var') return [String(term.value)];
  if (term.type !== 'ref') return undefined;
  const path: string[] = [];
  for (const [i, step] of (term.value as Term[]).entries()) {
    if (i > 0 && step.type !== 'string' && step.type !== 'number') break;
    path.push(String(step.value));
  }
  return path;
}

/** The members of an object that is written out, those with fixed names. Undefined for any other term. */
export function membersOf(term: Term): Map<string, Term> | undefined {
  if (term.type !== 'object') return undefined;
  const pairs = term.value as [Term, Term][];
  return new Map(pairs.flatMap(([key, value]) => (key.type === 'string' ? [[String(key.value), value] as const] : [])));
}

export function isTerm(node: unknown): node is Term {
  return typeof node === 'object' && node !== null && typeof (node as Term).type === 'string' && 'value' in node;
}

/** Every term below a node, outermost first, in the order of the text. */
export function* termsIn(node: unknown): Generator<Term> {
  if (Array.isArray(node)) for (const one of node) yield* termsIn(one);
  else if (typeof node === 'object' && node !== null) {
    if (isTerm(node)) yield node;
    for (const [name, value] of Object.entries(node)) if (name !== 'location') yield* termsIn(value);
  }
}

/** A rule and what follows its `else`s. */
export function* branchesOf(rule: Rule): Generator<Rule> {
  for (let at: Rule | undefined = rule; at; at = at.else) yield at;
}
