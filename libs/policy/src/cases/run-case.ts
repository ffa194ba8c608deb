import { breakTerms, type BreakTerms, type SessionTerms, type Verdict } from '@countersign/approval';
import { parseSeconds } from '../schema-members.js';
import type { DecisionCase } from './case-file.js';
import { caseInput } from './case-input.js';

/** One member of a verdict that is not as the case expects it. */
export interface Mismatch {
  member: string;
  expected: unknown;
  actual: unknown;
}

export interface CaseResult {
  name: string;
  file: string;
  line: number;
  passed: boolean;
  mismatches: Mismatch[];
  verdict: Verdict;
}

/** Anything that answers a policy input. */
export interface Evaluator {
  evaluate(inputText: string): Verdict;
}

/** What is not mentioned in `expect` is not compared; what is mentioned is compared whole. */
export function runCase(one: DecisionCase, engine: Evaluator): CaseResult {
  const verdict = engine.evaluate(caseInput(one.input));
  const expected = comparable(one.expect);
  const actual = { ...actualOf(verdict), ...brokenOf(one, verdict) };
  const mismatches = Object.entries(expected)
    .filter(([member, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(actual[member]))
    .map(([member, value]) => ({ member, expected: value, actual: actual[member] ?? null }));
  const { name, file, line } = one;
  return { name, file, line, passed: mismatches.length === 0, mismatches, verdict };
}

type Comparable = Record<string, unknown>;

/** Sets are sorted and maps are in the order of their names, so that equal means equal text. */
function comparable(expect: DecisionCase['expect']): Comparable {
  const { seats, alternatives, escalate, session, counts, expires_in, break_glass, ...rest } = expect;
  const quorum = (given: Record<string, number>) => inOrder(Object.entries(given));
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, sorted(value)])),
    seats: seats && quorum(seats),
    alternatives: alternatives?.map(quorum),
    escalate: escalate?.map((step) => ({ after: `${parseSeconds(step.after)}s`, seats: quorum(step.seats) })),
    session: session && sessionTerms({ ...session, expires_in: parseSeconds(session.expires_in) }),
    counts: counts && inOrder(Object.entries(counts)),
    expires_in: expires_in === undefined ? undefined : `${parseSeconds(expires_in)}s`,
    break_glass: break_glass && expectedTerms(break_glass),
  };
}

function expectedTerms({ duration, review, ...rest }: NonNullable<DecisionCase['expect']['break_glass']>): Comparable {
  return termsText({
    ...rest,
    ...(duration === undefined ? {} : { duration_s: parseSeconds(duration)! }),
    ...(review ? { review: { groups: review.groups, within_s: parseSeconds(review.within)! } } : {}),
  } as Partial<BreakTerms>);
}

/** On what terms the person may break the glass, as far as the case mentions them; or why not, as the rules would say it. */
function brokenOf({ input, expect }: DecisionCase, verdict: Verdict): Comparable {
  const { groups = [] } = input.break_glass ?? {};
  const terms = breakTerms(verdict, { groups });
  if ('code' in terms) return { break_glass: null, break_glass_refused: terms.code };
  const told = Object.entries(termsText(terms)).filter(([name]) => name in (expect.break_glass ?? {}));
  return { break_glass: Object.fromEntries(told), break_glass_refused: null };
}

/** In one order, and with times in seconds. */
function termsText({ rule, duration_s, uses, notify, overrides, review, while_overdue }: Partial<BreakTerms>) {
  const told = {
    rule,
    duration: duration_s === undefined ? undefined : `${duration_s}s`,
    uses,
    notify: sorted(notify),
    overrides: sorted(overrides),
    review: review && { groups: sorted(review.groups), within: `${review.within_s}s` },
    while_overdue,
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

function actualOf({ effect, reasons, risk, approval, obligations, flow, counts }: Verdict): Comparable {
  return {
    effect,
    rules: sorted([...new Set(reasons.map(({ rule }) => rule))]),
    reasons: sorted(reasons.map(({ text }) => text)),
    risk: risk.level,
    obligations: sorted(obligations.map(({ id }) => id)),
    flow: sorted(flow ?? []),
    counts: inOrder((counts ?? []).map(({ counter, amount }) => [counter, amount])),
    ...(approval && {
      seats: quorumOf(approval.seats),
      alternatives: (approval.alternatives ?? []).map(quorumOf),
      escalate: (approval.escalate ?? []).map((step) => ({ after: `${step.after_s}s`, seats: quorumOf(step.seats) })),
      deny_quorum: approval.deny_quorum ?? 1,
      late_members: approval.late_members ?? false,
      session: approval.session
        ? sessionTerms({ ...approval.session, expires_in: approval.session.expires_in_s })
        : null,
      expires_in: `${approval.expires_in_s}s`,
      reason_required: approval.reason_required,
      step_up: approval.step_up,
      channels: sorted(approval.channels),
      exclude: sorted(approval.exclude),
      redact: sorted(approval.redact),
    }),
  };
}

/** In one order, as equal means equal text. */
function sessionTerms({
  expires_in,
  count,
  vary,
  limits,
}: Omit<SessionTerms, 'expires_in_s'> & { expires_in: number | undefined }) {
  return {
    expires_in: `${expires_in}s`,
    count,
    vary: sorted(vary),
    limits: limits.map(({ pointer, each = null, total = null }) => ({ pointer, each, total })),
  };
}

function quorumOf(seats: readonly { group: string; count: number }[]) {
  return inOrder(seats.map(({ group, count }) => [group, count]));
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as unknown[])].sort() : value;
}

/** A counter that is counted twice has two amounts, and neither may hide the other. */
function inOrder(entries: [string, number][]): Record<string, number | number[]> {
  const found: Record<string, number | number[]> = {};
  for (const [name, value] of entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    found[name] = name in found ? [found[name]!, value].flat().sort((a, b) => a - b) : value;
  }
  return found;
}
