import { fixedPath, packageOf, termsIn, type Location, type Module } from '../rego/ast.js';
import { areaOf, isEverywhere, isSet, nameOf } from './entry-rules.js';
import { found, type Found } from './finding.js';

// History is gathered only for a request that policy counts, or that is a way out or cannot be undone: a package that reads
// it without saying so reads nothing, and its limits never hold.

const JUDGED = ['irreversible', 'way_out'];

export function lintHistory(modules: readonly Module[]): Found[] {
  const readers = readersOf(modules);
  const asking = new Set(modules.filter(asksForHistory).map(packageOf));
  if ([...asking].some(isEverywhere)) return [];
  return modules.flatMap((module): Found[] => {
    const name = packageOf(module);
    const at = readers.get(name);
    // What is consulted for every action reads the history that other areas ask for.
    if (!at || areaOf(name) === undefined || asking.has(name) || (isEverywhere(name) && asking.size > 0)) return [];
    if (!at.has(module)) return [];
    const message = `${name} reads input.history and says neither what it counts nor what flows: its history is always empty`;
    return [
      found(
        'error',
        'no-history',
        at.get(module)!,
        message,
        'counts contains {"counter": "…", "amount": …} if …, or flow contains "way_out" if …',
      ),
    ];
  });
}

/** Whether some rule of it has history gathered. A fact that is worked out may be any, and so may the rules of others. */
function asksForHistory(module: Module): boolean {
  return (module.rules ?? []).some((rule) => {
    const [name, { key }] = [nameOf(rule), rule.head];
    if (!isSet(rule)) return name === 'counts' || name === 'flow';
    return name === 'counts' || (name === 'flow' && (key!.type !== 'string' || JUDGED.includes(String(key!.value))));
  });
}

/** Where each package reads history, itself or through the packages it uses. */
function readersOf(modules: readonly Module[]): Map<string, Map<Module, Location>> {
  const readers = new Map<string, Map<Module, Location>>();
  const note = (module: Module, at: Location): boolean => {
    const known = readers.get(packageOf(module)) ?? new Map<Module, Location>();
    if (known.has(module)) return false;
    readers.set(packageOf(module), known.set(module, at));
    return true;
  };
  for (const module of modules) {
    for (const term of termsIn(module.rules)) {
      if (term.location && fixedPath(term)?.slice(0, 2).join('.') === 'input.history') note(module, term.location);
    }
  }
  for (let grown = true; grown;) {
    grown = false;
    for (const module of modules) {
      for (const { path, location } of usesOf(module)) {
        if (readers.has(path) && path !== packageOf(module)) grown = note(module, location) || grown;
      }
    }
  }
  return readers;
}

/** The packages that a module imports or names in full. */
function usesOf(module: Module): { path: string; location: Location }[] {
  const named = [...termsIn(module.rules)].flatMap((term) => {
    const path = fixedPath(term);
    if (path?.[0] !== 'data' || !term.location) return [];
    return path.map((_, i) => ({ path: path.slice(1, i + 1).join('.'), location: term.location! }));
  });
  const imported = (module.imports ?? []).flatMap(({ path, location }) => {
    const steps = fixedPath(path);
    return steps?.[0] === 'data' ? [{ path: steps.slice(1).join('.'), location }] : [];
  });
  return [...imported, ...named];
}
