import type { AskedRule, Explanation, FiredRule, MissedRule, Value } from '@countersign/policy/authoring';
import { joinTexts, say, type Text } from './terminal.js';

const LONGEST_VALUE = 160;

/** Which rules fired, which nearly did, and on what values that hung. */
export function explanationText({ area, packages, fired, missed }: Explanation, all: boolean): Text[] {
  const near = missed.filter(({ nearly, otherAction }) => nearly && !otherAction);
  const rest = missed.filter((rule) => !near.includes(rule));
  const others = rest.filter(({ otherAction }) => otherAction).length;
  return [
    say`asked: ${packages.join(', ') || `nothing: there is no package policies.${area}, no policies.everywhere and no guardrails`}`.styled(
      'dim',
    ),
    ...section('fired', fired.map(firedText), 'no rule fired'),
    ...section('nearly fired', near.map(missedText), 'no rule was near'),
    ...(all ? section('did not fire', rest.map(missedText), 'none') : []),
    ...(all || rest.length === 0
      ? []
      : [say`\n${rest.length} more did not fire, ${others} of them for other actions: --all lists them`.styled('dim')]),
  ];
}

function section(title: string, rules: Text[], none: string): Text[] {
  return [say`\n${say`${title}`.styled('bold')}`, ...(rules.length > 0 ? rules : [say`  ${none}`.styled('dim')])];
}

function firedText(rule: FiredRule): Text {
  const lines = rule.said.map((said) => say`      ${saidText(said)}`);
  return joinTexts([headText(rule), ...aboutText(rule), ...lines, ...valueTexts(rule.values)], '\n');
}

function missedText(rule: MissedRule): Text {
  const condition = say`      ${rule.condition} ${say`is not so`.styled('yellow')} (line ${rule.conditionLine})`;
  return joinTexts([headText(rule), ...aboutText(rule), condition, ...valueTexts(rule.values)], '\n');
}

function headText({ kind, rule, file, line }: AskedRule): Text {
  const name = rule ? say`${rule}`.styled('cyan') : say`(no fixed name)`;
  return say`  ${kind}  ${name}  ${say`${file}:${line}`.styled('dim')}`;
}

function aboutText({ title, description }: AskedRule): Text[] {
  const text = [title, description].filter(Boolean).join(': ');
  return text ? [say`      ${text}`] : [];
}

/** What people read of a rule is its reason; a classification has none. */
function saidText(said: unknown): string {
  if (typeof said !== 'object' || said === null) return String(said);
  const { reason, ...rest } = said as Record<string, unknown>;
  return typeof reason === 'string' ? `"${reason}"` : shortened(rest);
}

function valueTexts(values: readonly Value[]): Text[] {
  return values.map(({ of, values: ones }) => {
    if (ones.length === 0) return say`        ${of} is not there`;
    return say`        ${of} is ${ones.map(shortened).join(', and ')}`;
  });
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE).toWellFormed()}…`;
}
