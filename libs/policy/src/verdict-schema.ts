import { scoreOf } from '@countersign/approval';
import type {
  ApprovalTerms,
  Count,
  FlowFact,
  GrantTerms,
  Obligation,
  Reason,
  Risk,
  RiskLevel,
  SeatTerms,
  Verdict,
} from '@countersign/approval';

// The shape of what a policy may answer, checked by hand: this runs for every answer that was not seen before.

const LEVELS: readonly string[] = ['low', 'medium', 'high', 'critical'] satisfies RiskLevel[];
const EFFECTS: readonly string[] = ['allow', 'deny', 'require_approval'];
const FLOW_FACTS: readonly string[] = [
  'irreversible',
  'sensitive_read',
  'untrusted_read',
  'way_out',
] satisfies FlowFact[];
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST = 31 * 86_400;
const MOST_PEOPLE = 100;
const LONGEST_TEXT = 2_000;

/** What the output of a policy does to be refused. Its message is for the log: it may quote the policy. */
export class SchemaProblem extends Error {}

/** Reads the `result` of an evaluation. Throws a SchemaProblem unless every member has its shape. */
export function readVerdict(result: unknown, revision: string): Verdict {
  const given = object(result, 'result');
  const effect = given.effect;
  if (effect !== 'allow' && effect !== 'deny' && effect !== 'require_approval') {
    throw new SchemaProblem(`effect is not one of ${EFFECTS.join(', ')}`);
  }
  const reasons = list(given.reasons, 'reasons').map(readReason);
  if (reasons.length === 0) throw new SchemaProblem('reasons are empty');
  const held = effect === 'require_approval';
  if (!held && given.approval !== undefined) throw new SchemaProblem(`approval is given although effect is ${effect}`);
  return {
    effect,
    reasons,
    risk: readRisk(given.risk),
    ...(held ? { approval: readApproval(given.approval) } : {}),
    obligations: list(given.obligations ?? [], 'obligations').map(readObligation),
    ...(given.grant === undefined ? {} : { grant: readGrant(given.grant) }),
    ...(given.counts === undefined ? {} : { counts: list(given.counts, 'counts').map(readCount) }),
    ...(given.flow === undefined ? {} : { flow: list(given.flow, 'flow').map(readFlowFact) }),
    policy: { revision },
  };
}

/** Seconds of "15m", "1h", "30s", "2d", or of a number of seconds. Undefined for anything else. */
export function parseSeconds(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isInteger(given) && given >= 1 ? given : undefined;
  const match = typeof given === 'string' ? /^([1-9]\d{0,8})([smhd])$/.exec(given) : null;
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0) : undefined;
}

function readReason(given: unknown): Reason {
  const { rule, text } = object(given, 'a reason');
  return { rule: name(rule, 'a rule'), text: cut(string(text, 'the text of a reason')) };
}

// A reason often quotes what the agent sent, which is never worth refusing a denial for: it is cut where it ends.
function cut(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT).toWellFormed()}…`;
}

function readRisk(given: unknown): Risk {
  const { level, score, factors } = object(given, 'risk');
  if (typeof level !== 'string' || !LEVELS.includes(level)) throw new SchemaProblem('risk.level is unknown');
  if (score !== undefined && !(typeof score === 'number' && score >= 0 && score <= 100)) {
    throw new SchemaProblem('risk.score is not a number from 0 to 100');
  }
  return {
    level: level as RiskLevel,
    score: score === undefined ? scoreOf(level as RiskLevel) : Math.round(score as number),
    factors: names(factors, 'risk.factors'),
  };
}

function readApproval(given: unknown): ApprovalTerms {
  const terms = object(given, 'approval');
  const seats = list(terms.seats, 'seats').map(readSeat);
  if (seats.length === 0) throw new SchemaProblem('approval.seats are empty');
  return {
    seats,
    expires_in_s: duration(terms.expires_in ?? '1h', 'approval.expires_in'),
    reason_required: flag(terms.reason_required, 'approval.reason_required'),
    channels: names(terms.channels, 'approval.channels'),
    redact: names(terms.redact, 'approval.redact'),
    exclude: names(terms.exclude, 'approval.exclude'),
    step_up: flag(terms.step_up, 'approval.step_up'),
  };
}

function readSeat(given: unknown): SeatTerms {
  const { group, count } = object(given, 'a seat');
  return { group: name(group, 'seat.group'), count: whole(count, MOST_PEOPLE, 'seat.count') };
}

function readObligation(given: unknown): Obligation {
  const { id, properties } = object(given, 'an obligation');
  return {
    id: name(id, 'obligation.id'),
    ...(properties === undefined ? {} : { properties: object(properties, 'obligation.properties') }),
  };
}

function readGrant(given: unknown): GrantTerms {
  const grant = object(given, 'grant');
  return {
    expires_in_s: duration(grant.expires_in ?? '10m', 'grant.expires_in'),
    uses: whole(grant.uses ?? 1, 1_000, 'grant.uses'),
  };
}

function readCount(given: unknown): Count {
  const { counter, amount } = object(given, 'a count');
  if (typeof amount === 'number' && Number.isFinite(amount) && amount >= 0)
    return { counter: name(counter, 'counts.counter'), amount };
  throw new SchemaProblem('counts.amount is not a number from 0');
}

function readFlowFact(given: unknown): FlowFact {
  if (FLOW_FACTS.includes(given as string)) return given as FlowFact;
  throw new SchemaProblem(`flow is not one of ${FLOW_FACTS.join(', ')}`);
}

function duration(given: unknown, what: string): number {
  const seconds = parseSeconds(given);
  if (seconds === undefined || seconds > LONGEST) throw new SchemaProblem(`${what} is not a duration up to 31 days`);
  return seconds;
}

function whole(given: unknown, most: number, what: string): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= most) return given;
  throw new SchemaProblem(`${what} is not a whole number from 1 to ${most}`);
}

function flag(given: unknown, what: string): boolean {
  if (given === undefined || typeof given === 'boolean') return given ?? false;
  throw new SchemaProblem(`${what} is not true or false`);
}

function names(given: unknown, what: string): string[] {
  return list(given ?? [], what).map((one) => name(one, what));
}

function name(given: unknown, what: string): string {
  const text = string(given, what);
  if (text.length === 0 || text.length > 256) throw new SchemaProblem(`${what} is empty or too long`);
  return text;
}

function string(given: unknown, what: string): string {
  if (typeof given === 'string' && given.isWellFormed()) return given;
  throw new SchemaProblem(`${what} is not a string`);
}

function list(given: unknown, what: string): unknown[] {
  if (Array.isArray(given) && given.length <= 256) return given;
  throw new SchemaProblem(`${what} is not a list of at most 256`);
}

function object(given: unknown, what: string): Record<string, unknown> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  throw new SchemaProblem(`${what} is not an object`);
}
