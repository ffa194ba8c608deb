import type { AskedReport } from '@countersign/policy';
import { column, say, type Text } from './terminal.js';

const MOST = 10;

/** How often people are asked, and the few rules that it is due to. */
export function askedText(title: string, { requests, asked, share, rules }: AskedReport): Text[] {
  const width = Math.max(0, ...rules.slice(0, MOST).map(({ rule }) => rule.length));
  return [
    say`${say`${title}`.styled('bold')}  ${number(asked)} of ${number(requests)} requests (${percent(share)})`,
    ...rules
      .slice(0, MOST)
      .map(
        (one) =>
          say`  ${column(one.rule, width)}  ${number(one.asked).padStart(9)}  alone ${number(one.alone).padStart(9)}  with those above ${percent(one.cumulative)}`,
      ),
    ...(rules.length > MOST ? [say`  … and ${rules.length - MOST} more rules`.styled('dim')] : []),
  ];
}

export function number(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
