import { ENTRIES, entryRules, nameOf } from '../check/entry-rules.js';
import { forwardOf } from '../check/forwarding.js';
import { packageOf, textOf, type Module } from '../rego/ast.js';
import { operandsOf } from './operands.js';
import type { Conditions } from './probes.js';
import type { Packages } from './reads.js';

// Which rules a request is put to, found as the combining rules find them.

/** The modules that are asked, those whose rules they have, and every library they may use: other areas are not read. */
export function usefulPaths(files: ReadonlyMap<string, string>, first: readonly string[]): Set<string> {
  const names = new Map([...files].map(([path, text]) => [path, packageIn(text)]));
  const wanted = new Set(first);
  for (const name of wanted) {
    for (const [path, text] of files) {
      if (names.get(path) !== name) continue;
      for (const [, other] of text.matchAll(/\bdata\.(policies\.\w+)/g)) wanted.add(other!);
    }
  }
  const isLibrary = (name: string) => !/^(policies|countersign)(\.|$)/.test(name);
  return new Set([...names].filter(([, name]) => wanted.has(name) || isLibrary(name)).map(([path]) => path));
}

function packageIn(text: string): string {
  return /^package[ \t]+([\w.]+)/m.exec(text)?.[1] ?? '';
}

/** The packages that are asked, and of those whose rules they stand for (`deny := db.deny`), which rules that are. */
export function withForwarded(first: readonly string[], packages: Packages): Map<string, ReadonlySet<string>> {
  const wanted = new Map(first.map((name) => [name, new Set<string>(ENTRIES)]));
  for (const [name, asked] of wanted) {
    for (const module of packages.get(name) ?? []) {
      for (const rule of entryRules(module).filter((one) => asked.has(nameOf(one)))) {
        const to = forwardOf(rule, module);
        if (to) wanted.set(to.package, (wanted.get(to.package) ?? new Set<string>()).add(to.rule));
      }
    }
  }
  return wanted;
}

/** Every rule that is asked, taken apart into its conditions, by the module it is in. */
export function conditionsOf(
  parsed: ReadonlyMap<string, Module>,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  packages: Packages,
) {
  const byPath = new Map<string, Conditions[]>();
  const names = new Map<Conditions, string>();
  for (const [path, module] of parsed) {
    const name = packageOf(module);
    const asked = wanted.get(name);
    if (!asked) continue;
    for (const rule of entryRules(module).filter((one) => one.head.key?.location && asked.has(nameOf(one)))) {
      const body = (rule.body ?? []).filter(({ terms }) => !isTrue(terms));
      const texts = body.map(({ location }) => textOf(location));
      const operands = new Map(body.map((one, i) => [texts[i]!, operandsOf(one, module, packages)]));
      const conditions: Conditions = { id: names.size, rule, order: texts, operands };
      names.set(conditions, name);
      byPath.set(path, [...(byPath.get(path) ?? []), conditions]);
    }
  }
  return { byPath, packageOf: names, packages: new Set(names.values()) };
}

/** A rule without conditions has one that is always true. */
function isTrue(terms: unknown): boolean {
  return typeof terms === 'object' && terms !== null && 'value' in terms && terms.value === true;
}
