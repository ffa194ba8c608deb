import { isVariable, LONGEST_SESSION_S } from '@countersign/approval';
import type { ApprovalTerms, Escalation, QuorumTerms, SessionLimit, SessionTerms } from '@countersign/approval';
import { duration, flag, list, name, names, object, SchemaProblem, whole } from './schema-members.js';

const MOST_PEOPLE = 100;
/** Further actions that one approval may do for. */
const MOST_ACTIONS = 1_000;
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
    ...(terms.session === undefined ? {} : { session: readSession(terms.session) }),
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

/** On what terms one approval may do for several actions. What may never differ is refused here as it is by the rules. */
function readSession(given: unknown): SessionTerms {
  const { expires_in, count, vary, limits } = object(given, 'session');
  const seconds = duration(expires_in ?? '15m', 'session.expires_in');
  if (seconds > LONGEST_SESSION_S) throw new SchemaProblem('session.expires_in is longer than an hour');
  const free = names(vary, 'session.vary').map(readPointer);
  if (!free.every(isVariable))
    throw new SchemaProblem(
      'session.vary names what must not differ: only arguments, and the id and properties of the resource',
    );
  return {
    expires_in_s: seconds,
    count: whole(count, MOST_ACTIONS, 'session.count'),
    vary: free,
    limits: list(limits ?? [], 'session.limits').map(readLimit),
  };
}

function readLimit(given: unknown): SessionLimit {
  const { pointer, each, total } = object(given, 'a limit');
  const at = readPointer(name(pointer, 'limit.pointer'));
  for (const most of [each, total])
    if (most !== undefined && !(typeof most === 'number' && most >= 0 && Number.isFinite(most)))
      throw new SchemaProblem('a limit is not a number from 0');
  return {
    pointer: at,
    ...(each === undefined ? {} : { each: each as number }),
    ...(total === undefined ? {} : { total: total as number }),
  };
}

/** Policy says "/arguments" for AuthZEN's "/action/properties". */
function readPointer(given: string): string {
  return given.replace(/^\/arguments(?=\/|$)/, '/action/properties');
}

function readEscalation(given: unknown): Escalation {
  const { after, seats } = object(given, 'an escalation');
  return { after_s: duration(after, 'escalate.after'), seats: readQuorum(seats, 'escalate.seats') };
}
