import { scoreOf } from '@countersign/approval';
import type { Count, FlowFact, GrantTerms, Obligation, Reason, Risk, RiskLevel, Verdict } from '@countersign/approval';

import { readBreakGlass } from './break-glass-schema.js';
import { duration, list, name, names, object, SchemaProblem, string, whole } from './schema-members.js';
import { readApproval } from './terms-schema.js';

// The shape of what a policy may answer, checked by hand: this runs for every answer that was not seen before.

const LEVELS: readonly string[] = ['low', 'medium', 'high', 'critical'] satisfies RiskLevel[];
const EFFECTS: readonly string[] = ['allow', 'deny', 'require_approval'];
const FLOW_FACTS: readonly string[] = [
  'irreversible',
  'sensitive_read',
  'untrusted_read',
  'way_out',
] satisfies FlowFact[];
const LONGEST_TEXT = 2_000;
const MOST_COUNTS = 16;

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
    ...(given.counts === undefined ? {} : { counts: readCounts(given.counts) }),
    ...(given.flow === undefined ? {} : { flow: list(given.flow, 'flow').map(readFlowFact) }),
    ...(given.break_glass === undefined ? {} : { break_glass: readBreakGlass(given.break_glass) }),
    policy: { revision },
  };
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

function readCounts(given: unknown): Count[] {
  const counts = list(given, 'counts');
  // Each is recorded with what was counted before: the event must have room for them.
  if (counts.length > MOST_COUNTS) throw new SchemaProblem(`counts are more than ${MOST_COUNTS}`);
  return counts.map(readCount);
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
