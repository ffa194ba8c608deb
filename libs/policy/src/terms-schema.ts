import type { ApprovalTerms, Escalation, QuorumTerms } from '@countersign/approval';
import { duration, flag, list, name, names, object, SchemaProblem, whole } from './schema-members.js';

const MOST_PEOPLE = 100;
/** Quorums that would do. Every choice of one rule goes with every choice of another, so they multiply. */
const MOST_QUORUMS = 32;

/** Reads on what terms people are asked. Throws a SchemaProblem. */
export function readApproval(given: unknown): ApprovalTerms {
  const terms = object(given, 'approval');
  const seats = readQuorum(terms.seats, 'approval.seats');
  const alternatives = readAlternatives(terms);
  const escalate = list(terms.escalate ?? [], 'approval.escalate').map(readEscalation);
  return {
    seats,
    ...(alternatives.length > 0 ? { alternatives } : {}),
    ...(terms.deny_quorum === undefined ? {} : { deny_quorum: whole(terms.deny_quorum, MOST_PEOPLE, 'deny_quorum') }),
    ...(escalate.length > 0 ? { escalate } : {}),
    ...(flag(terms.late_members, 'approval.late_members') ? { late_members: true } : {}),
    expires_in_s: duration(terms.expires_in ?? '1h', 'approval.expires_in'),
    reason_required: flag(terms.reason_required, 'approval.reason_required'),
    channels: names(terms.channels, 'approval.channels'),
    redact: names(terms.redact, 'approval.redact'),
    exclude: names(terms.exclude, 'approval.exclude'),
    step_up: flag(terms.step_up, 'approval.step_up'),
  };
}

/** Either as quorums that are whole, or as the choices of rules, each of which must be satisfied. */
function readAlternatives({ alternatives, choices, fixed }: Record<string, unknown>): QuorumTerms[] {
  if (choices === undefined) {
    return list(alternatives ?? [], 'approval.alternatives').map((one) => readQuorum(one, 'approval.alternatives'));
  }
  const always = list(fixed ?? [], 'approval.fixed').map(readSeat);
  const quorums = list(choices, 'approval.choices').reduce<QuorumTerms[]>(
    (before, options) => {
      const read = list(options, 'approval.choices').map((one) => readQuorum(one, 'approval.choices'));
      if (before.length * read.length > MOST_QUORUMS)
        throw new SchemaProblem(`approval.choices come to more than ${MOST_QUORUMS} quorums`);
      return before.flatMap((one) => read.map((other) => strictest(one, other)));
    },
    [always],
  );
  // The first choice of every rule is what `seats` says.
  return quorums.slice(1);
}

/** What satisfies both: of each group the larger number. Seats of one group that one rule names twice add up. */
function strictest(one: QuorumTerms, other: QuorumTerms): QuorumTerms {
  const [a, b] = [summed(one), summed(other)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .sort()
    .map((group) => ({ group, count: Math.max(a.get(group) ?? 0, b.get(group) ?? 0) }));
}

function summed(seats: QuorumTerms): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { group, count } of seats) sums.set(group, (sums.get(group) ?? 0) + count);
  return sums;
}

function readQuorum(given: unknown, what: string): QuorumTerms {
  const seats = list(given, what).map(readSeat);
  if (seats.length === 0) throw new SchemaProblem(`${what} are empty`);
  return seats;
}

function readSeat(given: unknown): QuorumTerms[number] {
  const { group, count } = object(given, 'a seat');
  return { group: name(group, 'seat.group'), count: whole(count ?? 1, MOST_PEOPLE, 'seat.count') };
}

function readEscalation(given: unknown): Escalation {
  const { after, seats } = object(given, 'an escalation');
  return { after_s: duration(after, 'escalate.after'), seats: readQuorum(seats, 'escalate.seats') };
}
