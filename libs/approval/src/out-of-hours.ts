import { withEscalation } from './escalation.js';
import { lastAtWork, type Calendars } from './hours.js';
import { inert } from './inert.js';
import { groupsOf, quorumsOf, type QuorumChoice } from './quorum.js';
import type { ApprovalTerms, QuorumTerms, Reason } from './verdict.js';

// What working hours change: nothing about who may answer, nothing about when it ends. Only that those who would be asked
// later are asked sooner, when nobody who is asked will be at work in time.

/** A time in which people can answer, in milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/**
 * From when on no quorum that is asked can be filled by people at work, if that is before the end and others, who will be at
 * work, are still to be asked. A group that is never at work in that time is gone from the beginning.
 */
export function awayFrom(terms: ApprovalTerms, calendars: Calendars, { from, to }: Span): number | undefined {
  const away = Math.max(...quorumsOf(terms).map((seats) => staffedUntil(seats, calendars, { from, to }) ?? from));
  if (away >= to) return undefined;
  const others = (terms.escalate ?? []).some(
    ({ seats }) => (staffedUntil(seats, calendars, { from: away, to }) ?? away) > away,
  );
  return others ? away : undefined;
}

/** Terms with those who would be asked later, up to the first who will be at work and are enough; as they were when there are none. */
export function askedEarly(
  terms: ApprovalTerms,
  calendars: Calendars,
  span: Span,
  isFillable: (seats: QuorumTerms, terms: ApprovalTerms) => boolean,
): ApprovalTerms {
  for (let now = terms; now.escalate?.[0];) {
    const { seats } = now.escalate[0];
    now = withEscalation(now, seats);
    if ((staffedUntil(seats, calendars, span) ?? span.from) > span.from && isFillable(seats, now)) return now;
  }
  return terms;
}

/** Why people are asked sooner than policy would have it. */
export function outOfHours(asked: QuorumChoice): Reason {
  const groups = groupsOf(asked).map((group) => inert(group, 80));
  return {
    rule: 'escalated',
    text: `Others are asked early: ${groups.join(', ')} will not be at work before this expires.`,
  };
}

/** Until when everybody in a quorum can be at work; undefined when some group is not at all. */
function staffedUntil(seats: QuorumTerms, calendars: Calendars, { from, to }: Span): number | undefined {
  const ends = seats.map(({ group }) => lastAtWork(calendars[group] ?? {}, from, to));
  return ends.reduce<number | undefined>(
    (least, end) => (least === undefined || end === undefined ? undefined : Math.min(least, end)),
    to,
  );
}
