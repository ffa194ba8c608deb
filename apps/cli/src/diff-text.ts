import type { CaseChange, DataChange } from '@countersign/policy/authoring';
import type { BundleDiff } from '@countersign/policy';
import { joinTexts, say, type Text } from './terminal.js';

const MARK = {
  added: say`+`.styled('green'),
  removed: say`-`.styled('red'),
  changed: say`~`.styled('yellow'),
} as const;
const MOST_DATA = 30;
const LONGEST_VALUE = 80;

/** Finds the title of a rule, by package and name. */
export type TitleOf = (packageName: string, rule: string) => string | undefined;

export function rulesText({ packages }: BundleDiff, titleOf: TitleOf, full: boolean): Text[] {
  return packages.map(({ package: name, change, rules }) => {
    const lines = rules.flatMap((rule) => {
      const title = titleOf(name, rule.rule);
      const head = say`    ${MARK[rule.change]} ${rule.rule}${title ? say`  ${title}`.styled('dim') : say``}`;
      const texts = [
        ...(rule.before === undefined ? [] : [say`        ${say`- ${rule.before}`.styled('red')}`]),
        ...(rule.after === undefined ? [] : [say`        ${say`+ ${rule.after}`.styled('green')}`]),
      ];
      return full ? [head, ...texts] : [head];
    });
    return joinTexts([say`  ${MARK[change]} ${say`${name}`.styled('bold')}`, ...lines], '\n');
  });
}

export function dataText(changes: readonly DataChange[]): Text[] {
  if (changes.length === 0) return [];
  const lines = changes.slice(0, MOST_DATA).map(({ pointer, change, before, after }) => {
    const [was, now] = [short(before), short(after)];
    const values = change === 'changed' ? `${was} → ${now}` : change === 'added' ? now : was;
    return say`    ${MARK[change]} ${pointer || '(all of it)'}  ${say`${values}`.styled('dim')}`;
  });
  const more = changes.length - lines.length;
  return [
    say`  ${say`data`.styled('bold')}`,
    ...lines,
    ...(more > 0 ? [say`    … and ${more} more`.styled('dim')] : []),
  ];
}

/** A case that both answer: what each says, and in which way that is looser or stricter. */
export function caseChangeText({ name, file, line, looser, stricter, before, after }: CaseChange): Text {
  const said = ({ effect, rules }: CaseChange['before']) => `${effect} (${rules.join(', ')})`;
  return joinTexts(
    [
      say`  ${looser.length > 0 ? say`looser`.styled('red') : say`other `.styled('cyan')}  ${name}  ${say`${file}:${line}`.styled('dim')}`,
      ...looser.map((how) => say`      ${how}`),
      ...stricter.map((how) => say`      ${how} ${say`(stricter)`.styled('dim')}`),
      say`      ${said(before)} → ${said(after)}`,
    ],
    '\n',
  );
}

function short(value: unknown): string {
  const text = value === undefined ? '' : JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE).toWellFormed()}…`;
}
