import type { ChangeKind, RecordedChanges } from '@countersign/contract';
import type { Bundle } from '../bundle.js';
import { unpack } from '../tarball.js';
import { rulesOf } from './rules.js';

/** How one rule differs. The texts are without comments and layout. */
export interface RuleDiff {
  rule: string;
  change: ChangeKind;
  before?: string;
  after?: string;
}

export interface PackageDiff {
  package: string;
  change: ChangeKind;
  rules: RuleDiff[];
}

export interface BundleDiff {
  /** Packages that differ, in the order of their names. */
  packages: PackageDiff[];
  dataChanged: boolean;
  codeChanged: boolean;
}

type Packages = Map<string, Map<string, string>>;

/**
 * How a bundle differs from the one before, by the text of its rules. The text is what its author put beside the compiled
 * code: only a signature of somebody who compiled it ties the two together, so code that changed without text is said to.
 */
export function diffBundles(before: Bundle, after: Bundle): BundleDiff {
  const [old, young] = [packagesOf(before), packagesOf(after)];
  const names = [...new Set([...old.keys(), ...young.keys()])].sort();
  const packages = names.flatMap((name): PackageDiff[] => {
    const rules = diffRules(old.get(name), young.get(name));
    if (rules.length === 0) return [];
    return [{ package: name, change: kindOf(old.has(name), young.has(name)), rules }];
  });
  return { packages, dataChanged: before.data !== after.data, codeChanged: !before.wasm.equals(after.wasm) };
}

/** One line for people: "2 rules added, 1 removed in db, payments; data changed". */
export function summaryOf({ packages, dataChanged, codeChanged }: BundleDiff): string {
  const kinds = packages.flatMap(({ rules }) => rules.map(({ change }) => change));
  const counts = (['added', 'changed', 'removed'] as const).flatMap((kind) => {
    const count = kinds.filter((one) => one === kind).length;
    return count === 0 ? [] : [{ kind, count }];
  });
  const rules = counts.map(({ kind, count }, i) => `${count} ${i === 0 ? plural(count) : ''}${kind}`).join(', ');
  const names = packages.map((one) => one.package.replace(/^policies\./, ''));
  const where = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  const parts = [
    ...(rules === '' ? [] : [`${rules} in ${where}`]),
    ...(dataChanged ? ['data changed'] : []),
    ...(codeChanged && rules === '' ? ['code changed, and the text of no rule did'] : []),
  ];
  return parts.length === 0 ? 'no difference' : parts.join('; ');
}

/** Rules and packages named on the record, and how long a name may be: an entry of the ledger has a bound. */
const MOST_NAMED = 100;
const LONGEST_NAME = 80;

/** The difference as it is recorded and shown: names without texts, and no more of them than an event has room for. */
export function recordedChanges(diff: BundleDiff, from: string): RecordedChanges {
  let room = MOST_NAMED;
  const packages = diff.packages.flatMap(({ rules, change, package: name }) => {
    if (room <= 0) return [];
    const named = rules.slice(0, room);
    room -= named.length;
    return [
      { package: short(name), change, rules: named.map((rule) => ({ rule: short(rule.rule), change: rule.change })) },
    ];
  });
  return {
    from,
    summary: summaryOf(diff),
    packages,
    data_changed: diff.dataChanged,
    code_changed: diff.codeChanged,
  };
}

function diffRules(old = new Map<string, string>(), young = new Map<string, string>()): RuleDiff[] {
  return [...new Set([...old.keys(), ...young.keys()])].sort().flatMap((rule): RuleDiff[] => {
    const [before, after] = [old.get(rule), young.get(rule)];
    if (before === after) return [];
    const change = kindOf(before !== undefined, after !== undefined);
    return [{ rule, change, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  });
}

function kindOf(wasThere: boolean, isThere: boolean): ChangeKind {
  if (wasThere && isThere) return 'changed';
  return isThere ? 'added' : 'removed';
}

/** Rules by name by package. Modules of one package are read together, wherever they stand. */
function packagesOf({ archive }: Bundle): Packages {
  const packages: Packages = new Map();
  const modules = [...unpack(archive)].filter(([name]) => name.endsWith('.rego')).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, module] of modules) {
    const { package: name, rules } = rulesOf(module.toString());
    const known = packages.get(name) ?? new Map<string, string>();
    for (const rule of rules) known.set(rule.name, [known.get(rule.name), rule.text].filter(Boolean).join('\n'));
    packages.set(name, known);
  }
  return packages;
}

function plural(count: number): string {
  return count === 1 ? 'rule ' : 'rules ';
}

function short(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1).toWellFormed()}…`;
}
