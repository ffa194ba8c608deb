import type { ChangeKind, RecordedChanges } from '@countersign/contract';

// What a bundle changes, as arguments of the action that activates it: numbers for policy, and lines for the people it asks.

const MARK: Record<ChangeKind, string> = { added: '+', changed: '~', removed: '-' };

/** How many rules were added, changed and removed, among those that are named, and whether data and code differ. */
export function changeCounts({ packages, data_changed, code_changed }: RecordedChanges) {
  const count = (kind: ChangeKind) =>
    packages.reduce((sum, { rules }) => sum + rules.filter(({ change }) => change === kind).length, 0);
  return {
    added: count('added'),
    changed: count('changed'),
    removed: count('removed'),
    data: data_changed,
    code: code_changed,
  };
}

/** A line for each rule that differs. Those that speak to somebody come first: what else there is, only serves them. */
export function changeLines({ packages }: RecordedChanges): string {
  const lines = packages.flatMap(({ package: name, rules }) =>
    rules.map(({ rule, change }) => ({ speaks: rule.endsWith(']'), line: `${MARK[change]} ${name} ${rule}` })),
  );
  const [first, then] = [true, false].map((speaks) => lines.filter((one) => one.speaks === speaks));
  return [...first!, ...then!].map(({ line }) => line).join('\n');
}
