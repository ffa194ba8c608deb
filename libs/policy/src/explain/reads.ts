import { fixedPath, isTerm, packageOf, termsIn, type Module, type Rule, type Term } from '../rego/ast.js';

// What a condition looks at besides what is written in it: `not environment.production` reads `input.resource.id`, two packages
// away, and that is what somebody has to know to understand the answer.

const DEEPEST = 4;
const MOST = 8;

/** Modules by the name of their package. */
export type Packages = ReadonlyMap<string, readonly Module[]>;

export function byPackage(modules: Iterable<Module>): Packages {
  const packages = new Map<string, Module[]>();
  for (const module of modules) {
    const name = packageOf(module);
    packages.set(name, [...(packages.get(name) ?? []), module]);
  }
  return packages;
}

/** References to the input, as text, that the rules behind the names in a condition read. */
export function readsOf(condition: unknown, from: Module, packages: Packages): string[] {
  const reads = new Set<string>();
  follow(condition, from, { packages, reads, seen: new Set(), depth: 0, given: new Map() });
  return [...reads].slice(0, MOST);
}

interface Trail {
  packages: Packages;
  /** What was found so far. */
  reads: Set<string>;
  seen: Set<Rule>;
  depth: number;
  /** What the parameters of the rule that is being read stand for. */
  given: ReadonlyMap<string, Term | undefined>;
}

function follow(node: unknown, from: Module, trail: Trail): void {
  const { packages, reads, seen, depth } = trail;
  if (depth > DEEPEST) return;
  for (const call of callsIn(node)) {
    for (const { rule, module } of rulesBehind(call.path, from, packages)) {
      if (seen.has(rule)) continue;
      seen.add(rule);
      const args = call.args.map((arg) => (arg?.type === 'var' ? trail.given.get(String(arg.value)) : arg));
      const given = new Map((rule.head.args ?? []).map((parameter, i) => [String(parameter.value), args[i]]));
      const parts = [rule.body, rule.head.value, rule.head.key, rule.else];
      for (const term of termsIn(parts)) {
        const path = inputPath(term, given);
        if (path) reads.add(path);
      }
      follow(parts, module, { ...trail, depth: depth + 1, given });
    }
  }
}

interface Call {
  path: string[];
  args: (Term | undefined)[];
}

/** Names that may be rules, with what they are called with. */
function* callsIn(node: unknown): Generator<Call> {
  const called = new Set<Term>();
  for (const list of listsIn(node)) {
    const [operator, ...args] = list;
    const path = operator && fixedPath(operator);
    if (path && path[0] !== 'input') {
      called.add(operator!);
      yield { path, args };
    }
  }
  for (const term of termsIn(node)) {
    const path = called.has(term) ? undefined : fixedPath(term);
    if (path && path[0] !== 'input') yield { path, args: [] };
  }
}

/** Every list of terms that begins with an operator: calls, and expressions that are calls. */
function* listsIn(node: unknown): Generator<Term[]> {
  if (Array.isArray(node)) {
    if (isTerm(node[0]) && node[0].type === 'ref') yield node as Term[];
    for (const one of node) yield* listsIn(one);
  } else if (typeof node === 'object' && node !== null) {
    for (const [name, value] of Object.entries(node)) if (name !== 'location') yield* listsIn(value);
  }
}

function rulesBehind(path: string[], from: Module, packages: Packages): { rule: Rule; module: Module }[] {
  const [first, ...rest] = path;
  const imported = (from.imports ?? []).find(({ path: given, alias }) => (alias ?? fixedPath(given)?.at(-1)) === first);
  const full = imported ? [...(fixedPath(imported.path) ?? []), ...rest] : path;
  if (full[0] === 'data') {
    // The longest name of a package that fits; what follows is the rule.
    for (let length = full.length - 1; length > 1; length--) {
      const name = full.slice(1, length).join('.');
      if (packages.has(name)) return named(packages.get(name)!, full[length]!);
    }
    return [];
  }
  return named(packages.get(packageOf(from)) ?? [], first!);
}

function named(modules: readonly Module[], name: string): { rule: Rule; module: Module }[] {
  return modules.flatMap((module) =>
    (module.rules ?? []).filter(({ head }) => String(head.ref[0]?.value) === name).map((rule) => ({ rule, module })),
  );
}

/** A reference to the input as text, with what the function was called with in the place of its parameters. */
function inputPath(term: Term, given: ReadonlyMap<string, Term | undefined>): string | undefined {
  if (term.type !== 'ref') return undefined;
  const steps = term.value as Term[];
  if (steps[0]?.value !== 'input' || steps.length < 2) return undefined;
  let text = 'input';
  for (const step of steps.slice(1)) {
    const known = step.type === 'var' ? given.get(String(step.value)) : step;
    if (known?.type !== 'string' && known?.type !== 'number') break;
    const plain = known.type === 'string' && /^[a-zA-Z_]\w*$/.test(String(known.value));
    text += plain ? `.${String(known.value)}` : `[${JSON.stringify(known.value)}]`;
  }
  return text === 'input' ? undefined : text;
}
