import { nearest } from '@countersign/contract';
import { packageOf, type Module, type Rule } from '../rego/ast.js';
import { found, type Found } from './finding.js';

/** The rules that are asked of a package, besides those that only classify. */
export const RULINGS = ['deny', 'require_approval', 'allow'] as const;
export const CLASSIFICATIONS = ['counts', 'flow'] as const;
/** Asked only for a person who wants to break the glass. */
const EXCEPTIONS = ['break_glass'] as const;
export const ENTRIES: readonly string[] = [...RULINGS, ...CLASSIFICATIONS, ...EXCEPTIONS];

const EVERYWHERE = 'policies.everywhere';
export const GUARDRAILS = 'guardrails';

/** The area that a package is for. */
export function areaOf(name: string): string | undefined {
  return /^policies\.([^.]+)$/.exec(name)?.[1];
}

/** Whether somebody asks this rule of this package. */
export function isEntry(packageName: string, rule: string): boolean {
  if (packageName === GUARDRAILS) return rule === 'deny';
  return areaOf(packageName) !== undefined && ENTRIES.includes(rule);
}

export function nameOf(rule: Rule): string {
  return String(rule.head.ref[0]?.value ?? rule.head.name);
}

/** `name contains …`: the only form in which many rules can say something without getting into each other's way. */
export function isSet({ head }: Rule): boolean {
  return head.key !== undefined && head.ref.length === 1;
}

/** Whether the value of a rule that is none could be a set: one that is written out, worked out, or that of another package. */
function mayBeSet({ default: isDefault, head }: Rule): boolean {
  const worked = ['ref', 'var', 'call', 'set', 'setcomprehension'];
  return !isDefault && head.ref.length === 1 && head.value !== undefined && worked.includes(head.value.type);
}

export function entryRules(module: Module): Rule[] {
  const name = packageOf(module);
  return (module.rules ?? []).filter((rule) => isEntry(name, nameOf(rule)));
}

/** Rules with a name that is asked, but of a form or in a place in which they say nothing. */
export function lintEntryRules(module: Module): Found[] {
  const packageName = packageOf(module);
  return (module.rules ?? []).flatMap((rule): Found[] => {
    const name = nameOf(rule);
    if (isEntry(packageName, name)) {
      if (isSet(rule) || mayBeSet(rule)) return [];
      const message = `${name} is not a set of rules: every request in this area is denied as a fault of policy`;
      return [
        found('error', 'not-a-set', rule.location, message, `${name} contains {"rule": "…", "reason": "…"} if …`),
      ];
    }
    return lintElsewhere(packageName, name, rule);
  });
}

function lintElsewhere(packageName: string, name: string, rule: Rule): Found[] {
  const ours = packageName === 'countersign' || packageName.startsWith('countersign.') || /_test$/.test(packageName);
  if (ours || rule.head.args) return [];
  if (packageName === GUARDRAILS && ENTRIES.includes(name)) {
    const message = `guardrails only deny: nobody asks them for ${name}`;
    return [found('error', 'never-asked', rule.location, message, `move it to a package policies.<area>`)];
  }
  if (areaOf(packageName) !== undefined) return misnamed(name, rule);
  // In a library, a rule of such a name that is a set of rules was meant to be asked.
  if (!isSet(rule) || !RULINGS.some((ruling) => ruling === name)) return [];
  const area = packageName.split('.').at(-1);
  const message = `nothing routes to the package ${packageName}: its ${name} is never asked`;
  return [found('warning', 'unrouted-package', rule.location, message, `package policies.${area}`)];
}

function misnamed(name: string, rule: Rule): Found[] {
  if (!isSet(rule) || rule.head.key?.type !== 'object') return [];
  const guess = nearest(name, ENTRIES);
  if (guess === undefined || guess === name) return [];
  const message = `nobody asks a package for "${name}"`;
  return [found('warning', 'never-asked', rule.location, message, `did you mean ${guess}?`)];
}

export function isEverywhere(packageName: string): boolean {
  return packageName === EVERYWHERE;
}
