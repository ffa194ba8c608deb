import { textOf, type Rule } from '../rego/ast.js';

// Each rule is asked how far it gets: for every condition there is a probe that holds when all conditions before it hold, and
// that tells what the condition looks at. The probes are rules in a copy of the module, so that they see what the rule sees.

export const PROBE = 'countersign_probe';

export interface Conditions {
  /** Number of the rule among all that are asked. */
  id: number;
  rule: Rule;
  /** Texts, in the order in which they are tried. */
  order: string[];
  /** What each condition looks at: texts. */
  operands: ReadonlyMap<string, readonly string[]>;
}

export type ProbeKind = 'reached' | 'fired' | 'without';

export interface Probe {
  of: Conditions;
  kind: ProbeKind;
  /** Which condition comes next, or is left out. */
  step: number;
}

/** What a probe said: the values of what it was asked to look at, each as often as it has values. */
export interface Told {
  rule: number;
  kind: ProbeKind;
  step: number;
  values: Record<string, unknown[]>;
  /** What the rule says, when it fires. */
  said?: unknown;
}

export function probesOf(of: Conditions): Probe[] {
  const steps = of.order.map((_, step) => step);
  return [
    ...steps.map((step): Probe => ({ of, kind: 'reached', step })),
    { of, kind: 'fired', step: of.order.length },
    // Whether it is the only condition that does not hold.
    ...(steps.length > 1 ? steps.map((step): Probe => ({ of, kind: 'without', step })) : []),
  ];
}

export function keyOf({ of, kind, step }: Probe): string {
  return `${of.id}/${kind}/${of.order[step] ?? ''}`;
}

/** `bare`: only values that can be had anywhere, for a probe whose variables are not there yet. */
export function probeText(probe: Probe, bare: boolean): string {
  const { of, kind, step } = probe;
  const { order, operands, rule } = of;
  const conditions = kind === 'without' ? order.filter((_, i) => i !== step) : order.slice(0, step);
  const looked =
    kind === 'reached' ? (operands.get(order[step]!) ?? []) : kind === 'fired' ? [...operands.values()].flat() : [];
  const values = [...new Set(looked)].filter((text) => !bare || /^input\b[^[]*$/.test(text));
  const members = [
    `"rule": ${of.id}`,
    `"kind": "${kind}"`,
    `"step": ${step}`,
    `"values": {${values.map((text) => `${JSON.stringify(text)}: [v__ | v__ := ${text}]`).join(', ')}}`,
    ...(kind === 'fired' ? [`"said": ${textOf(rule.head.key!.location!)}`] : []),
  ];
  const head = `${PROBE} contains {${members.join(', ')}}`;
  return conditions.length === 0 ? `${head}\n` : `${head} if {\n${conditions.join('\n')}\n}\n`;
}
