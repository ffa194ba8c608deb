import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { areaOf } from '@countersign/approval';
import { Fault } from '@countersign/contract';
import { nameOf } from '../check/entry-rules.js';
import { opaJson, runOpa } from '../opa-run.js';
import { membersOf, textOf, type Rule } from '../rego/ast.js';
import { parseModules } from '../rego/parse.js';
import { ROOTS, staged, type Stage } from '../stage.js';
import { conditionsOf, usefulPaths, withForwarded } from './asked-rules.js';
import { instrument } from './instrument.js';
import { PROBE, type Conditions, type Told } from './probes.js';
import { byPackage } from './reads.js';

/** One rule that was asked. */
export interface AskedRule {
  package: string;
  /** "deny", "require_approval", "allow", "counts" or "flow". */
  kind: string;
  /** Its id, as far as it can be told without firing. */
  rule?: string;
  title?: string;
  description?: string;
  file: string;
  line: number;
}

export interface Value {
  /** As it is written in the policy. */
  of: string;
  /** Absent: it is not there. Several when it goes through a collection. */
  values: unknown[];
}

export interface FiredRule extends AskedRule {
  /** What it says, each time it fires. */
  said: unknown[];
  values: Value[];
}

export interface MissedRule extends AskedRule {
  /** The first condition that does not hold. */
  condition: string;
  conditionLine: number;
  values: Value[];
  /** Every other condition holds, or it was the last one. */
  nearly: boolean;
  /** It is about other actions: nothing but the name of the action keeps it from firing. */
  otherAction: boolean;
}

export interface Explanation {
  area: string;
  /** Consulted, and there. */
  packages: string[];
  fired: FiredRule[];
  missed: MissedRule[];
}

/** How far each rule gets that an input is put to. `input` is the policy input as JSON text. */
export async function explain(opa: string, folder: string, input: string): Promise<Explanation> {
  return staged(folder, {}, async (stage) => {
    const area = areaOfInput(input);
    const first = [`policies.${area}`, 'policies.everywhere', 'guardrails'];
    const useful = usefulPaths(stage.files, first);
    const parsed = await parseModules(opa, stage, (path) => useful.has(path));
    const packages = byPackage(parsed.values());
    const wanted = withForwarded(first, packages);
    const asked = conditionsOf(parsed, wanted, packages);
    await instrument(opa, stage, asked.byPath);
    const told = await evaluate(opa, stage, input, [...asked.packages]);
    const rules = [...asked.byPath.values()].flat();
    const fired: FiredRule[] = [];
    const missed: MissedRule[] = [];
    for (const of of rules) {
      const about = describe(of.rule, asked.packageOf.get(of)!, stage);
      const own = told.filter(({ rule }) => rule === of.id);
      const firings = own.filter(({ kind }) => kind === 'fired');
      if (firings.length > 0)
        fired.push({
          ...about,
          said: firings.map(({ said }) => said),
          values: valuesOf(firings, [...of.operands.values()].flat()),
        });
      else missed.push({ ...about, ...missedBy(of, own) });
    }
    return { area, packages: [...wanted.keys()].filter((name) => packages.has(name)), fired, missed };
  });
}

/** As the combining rules route it. */
function areaOfInput(input: string): string {
  const { action, resource } = JSON.parse(input) as { action?: { name?: unknown }; resource?: { type?: unknown } };
  return areaOf({
    action: { name: String(action?.name ?? '') },
    resource: { type: String(resource?.type ?? ''), id: '' },
  });
}

async function evaluate(opa: string, { cwd }: Stage, input: string, packages: readonly string[]): Promise<Told[]> {
  await writeFile(join(cwd, 'input.json'), input);
  const query = `[told | some told in (${['set()', ...packages.map((name) => `data.${name}.${PROBE}`)].join(' | ')})]`;
  const data = ROOTS.flatMap((root) => ['--data', root]);
  const output = await runOpa(opa, ['eval', '--format', 'json', '--input', 'input.json', ...data, query], cwd);
  const { result, errors } = opaJson<{
    result?: { expressions: { value: Told[] }[] }[];
    errors?: { message: string }[];
  }>(output, 'eval');
  if (errors?.[0]) throw new Fault('policy-evaluation', `the policies break on this request: ${errors[0].message}`);
  return result?.[0]?.expressions[0]?.value ?? [];
}

function describe(rule: Rule, packageName: string, { origin }: Stage): AskedRule {
  const { title, description } = rule.annotations?.find(({ scope }) => scope === 'rule' || scope === 'document') ?? {};
  const id = membersOf(rule.head.key!)?.get('rule');
  return {
    package: packageName,
    kind: nameOf(rule),
    ...(id?.type === 'string' ? { rule: String(id.value) } : {}),
    ...(title ? { title } : {}),
    ...(description ? { description: description.trim() } : {}),
    file: origin(rule.location.file),
    line: rule.location.row,
  };
}

function missedBy({ order, operands, rule }: Conditions, told: readonly Told[]) {
  const reached = told.filter(({ kind }) => kind === 'reached');
  const step = Math.max(0, ...reached.map((one) => one.step));
  const condition = order[step] ?? '';
  const others = order.length > 1 && told.some((one) => one.kind === 'without' && one.step === step);
  const looked = operands.get(condition) ?? [];
  const ofName = looked.filter((text) => text.startsWith('input'));
  const expression = rule.body?.find(({ location }) => textOf(location) === condition);
  const values = valuesOf(
    reached.filter((one) => one.step === step),
    looked,
  );
  const written = values.filter(({ of }) => condition.includes(of));
  return {
    condition,
    conditionLine: expression?.location.row ?? rule.location.row,
    values,
    // The last condition of many, or the only one if there is something to hold against it: what is not there is not near.
    nearly: others || (step === order.length - 1 && (step > 0 || written.every((one) => one.values.length > 0))),
    otherAction: ofName.length > 0 && ofName.every((text) => text === 'input.action.name'),
  };
}

/** Each thing looked at once, in the order in which it is written, with every value it had. */
function valuesOf(told: readonly Told[], order: readonly string[]): Value[] {
  return [...new Set(order)].flatMap((of) => {
    const seen = told.filter(({ values }) => of in values);
    const ones = new Map(seen.flatMap(({ values }) => values[of]!.map((one) => [JSON.stringify(one), one] as const)));
    return seen.length > 0 ? [{ of, values: [...ones.values()] }] : [];
  });
}
