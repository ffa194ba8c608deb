import { fixedPath, packageOf, type Module, type Rule } from '../rego/ast.js';
import { areaOf, entryRules, isSet } from './entry-rules.js';

/** The rule of another package that an entry rule stands for: `deny := db.deny` lets one area have the rules of another. */
export function forwardOf(rule: Rule, module: Module): { package: string; rule: string } | undefined {
  const { value, args, ref } = rule.head;
  if (isSet(rule) || rule.default || args || ref.length > 1 || !value) return undefined;
  const [first, ...rest] = fixedPath(value) ?? [];
  const imported = (module.imports ?? []).find(({ path, alias }) => (alias ?? fixedPath(path)?.at(-1)) === first);
  const full = imported ? [...(fixedPath(imported.path) ?? []), ...rest] : [first, ...rest];
  if (full[0] !== 'data' || full.length < 3) return undefined;
  return { package: full.slice(1, -1).join('.'), rule: full.at(-1)! };
}

/** The areas whose requests each package is asked about: its own, and those that have its rules. */
export function areasServed(modules: readonly Module[]): Map<string, Set<string>> {
  const served = new Map<string, Set<string>>();
  const add = (name: string, areas: Iterable<string>): boolean => {
    const known = served.get(name) ?? new Set<string>();
    const before = known.size;
    for (const area of areas) known.add(area);
    served.set(name, known);
    return known.size > before;
  };
  for (const module of modules) {
    const area = areaOf(packageOf(module));
    if (area !== undefined) add(packageOf(module), [area]);
  }
  const forwards = modules.flatMap((module) =>
    entryRules(module).flatMap((rule) => {
      const to = forwardOf(rule, module)?.package;
      return to === undefined ? [] : [{ from: packageOf(module), to }];
    }),
  );
  for (let grown = true; grown;) {
    grown = false;
    for (const { from, to } of forwards) grown = add(to, served.get(from) ?? []) || grown;
  }
  return served;
}
