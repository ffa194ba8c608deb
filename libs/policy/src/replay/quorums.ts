import type { ApprovalTerms, QuorumTerms } from '@countersign/approval';

/** People who may answer for all, from so many seconds after the request on. */
interface Way {
  seats: Map<string, number>;
  after_s: number;
}

/**
 * The ways to an approval that one set of terms opens and the other does not. A way is no news when it takes at least the
 * people of one that was open by then.
 */
export function newWays(before: ApprovalTerms, after: ApprovalTerms): string[] {
  const open = waysOf(before);
  return waysOf(after)
    .filter((way) => !open.some((known) => known.after_s <= way.after_s && covers(way, known)))
    .map(({ seats, after_s }) => `${shown(seats)}${after_s > 0 ? ` after ${after_s} s` : ''}`);
}

function waysOf({ seats, alternatives = [], escalate = [] }: ApprovalTerms): Way[] {
  return [
    ...[seats, ...alternatives].map((quorum) => ({ seats: summed(quorum), after_s: 0 })),
    ...escalate.map((step) => ({ seats: summed(step.seats), after_s: step.after_s })),
  ];
}

function covers(way: Way, known: Way): boolean {
  return [...known.seats].every(([group, count]) => (way.seats.get(group) ?? 0) >= count);
}

function summed(quorum: QuorumTerms): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { group, count } of quorum) sums.set(group, (sums.get(group) ?? 0) + count);
  return sums;
}

function shown(seats: ReadonlyMap<string, number>): string {
  return [...seats].map(([group, count]) => `${count} ${group}`).join(' and ');
}
