import { addSeconds } from './deadline.js';
import type { Ruling } from './decide.js';
import { excludedFrom } from './eligibility.js';
import type { BreakGlassRefused, Broken, DecisionBrokeGlass, ReviewOpened } from './event.js';
import { idsOf } from './identity.js';
import { saysNothing } from './inert.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import type { ActionRequest, Agent, Destination, Person } from './request.js';
import { reviewersAmong } from './review.js';
import { defined, settled } from './settled.js';
import type { Decision } from './state.js';
import type { BreakGlassRule, Verdict } from './verdict.js';

// Breaking the glass: a person lets one exact action run now, on their own, because it cannot wait for the others. It is
// allowed only where policy says so, it is loud, it is short, and somebody else has to look at it afterwards.

/** Who breaks the glass, why, and what is known of the circumstances at that moment. */
export interface Breaking {
  by: Person;
  reason: string;
  ticket?: string;
  /** What policy says to just this, by this person. */
  verdict: Verdict;
  grant_id: string;
  /** How long it is wanted for, in seconds; never longer than policy allows. */
  wanted_s?: number;
  /** True while a review of what this person did before is overdue. */
  overdue: boolean;
  /** Everyone in the groups that review, as the directory has them now. */
  reviewers: readonly Person[];
  /** Where the groups are told that policy wants told. */
  destinations: readonly Destination[];
  /** Who owns the agent now. */
  owner?: string;
  /** True while nobody answers for the agent: its owner is not known, or disabled. */
  owner_missing?: boolean;
}

export interface BreakGlass extends Breaking {
  type: 'break_glass';
}

/** An exception is for minutes. A policy that says more is not believed. */
const LONGEST_S = 3_600;

/** The rules of policy together, of those that let this person do it. */
export type BreakTerms = Omit<BreakGlassRule, 'text'>;

/**
 * On what terms this person may break the glass for what policy said, or why not. Guardrails are absolute. An ordinary denial
 * is beaten only by a rule that says that it is.
 */
export function breakTerms(
  { break_glass, effect, reasons }: Verdict,
  person: Pick<Person, 'groups' | 'guest' | 'disabled'>,
): BreakTerms | Refusal {
  if (effect === 'allow')
    return refuse('not-needed', 'Policy allows this: there is no glass to break. Let the agent ask for it.');
  if (person.guest || person.disabled)
    return refuse('break-glass-denied', 'Guests and disabled accounts cannot break the glass.');
  if (break_glass?.guarded) {
    const why = reasons.map(({ text }) => text).join('; ');
    return refuse('guardrail', `A guardrail forbids this, and nobody may override it: ${why}.`);
  }
  const mine = (break_glass?.rules ?? []).filter(({ groups }) => groups.some((group) => person.groups.includes(group)));
  if (mine.length === 0) return refuse('break-glass-denied', 'Policy does not let you break the glass for this.');
  const enough = mine.filter(({ overrides }) => effect !== 'deny' || overrides.includes('deny'));
  const [first, ...others] = enough;
  if (!first) {
    const why = reasons.map(({ text }) => text).join('; ');
    return refuse('policy-denies', `Policy denies this, and breaking the glass does not change that: ${why}.`);
  }
  return others.reduce<BreakTerms>(together, first);
}

/** Every rule that lets a person do it may want more of it: more are told, less time is given. */
function together(one: BreakTerms, other: BreakTerms): BreakTerms {
  const both = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])];
  return {
    rule: one.rule,
    groups: both(one.groups, other.groups),
    duration_s: Math.min(one.duration_s, other.duration_s),
    uses: Math.min(one.uses, other.uses),
    notify: both(one.notify, other.notify),
    overrides: one.overrides.filter((effect) => other.overrides.includes(effect)),
    review: {
      groups: both(one.review.groups, other.review.groups),
      within_s: Math.min(one.review.within_s, other.review.within_s),
    },
    while_overdue: one.while_overdue && other.while_overdue,
  };
}

/** Breaks the glass on a request that waits for people. */
export function breakGlass(decision: Decision, command: BreakGlass, at: string): Ruling {
  const { request, action_digest } = decision;
  const broken =
    decision.status === 'PENDING'
      ? brokenBy(request, { id: request.subject.id, ...decision.agent }, command, at)
      : settled(decision);
  if (isRefusal(broken)) return { events: [refusedBreak(command, broken, action_digest)], refused: broken };
  return { events: [{ type: 'decision.broke_glass', ...broken.broken }, broken.review] };
}

/** That somebody tried is on the record: whoever watches wants to know it of those who may not, too. */
export function refusedBreak(
  { by, reason, ticket }: { by: Pick<Person, 'id' | 'name'>; reason: string; ticket?: string },
  { code }: Refusal,
  action_digest: string,
): BreakGlassRefused {
  const said = defined({ reason, ticket });
  return { type: 'break_glass.refused', by: by.id, by_name: by.name, because: code, ...said, action_digest };
}

/** The first events of a decision that begins with a broken glass. */
export function breakGlassAnew(
  opening: { request: ActionRequest; agent: Agent; action_digest: string; history?: Record<string, unknown> },
  breaking: Breaking,
  at: string,
): { events: [DecisionBrokeGlass, ReviewOpened] } | { refused: Refusal } {
  const { request, agent, action_digest, history } = opening;
  const broken = brokenBy(request, agent, breaking, at);
  if (isRefusal(broken)) return { refused: broken };
  const { reasons, risk, policy, obligations, counts, flow } = breaking.verdict;
  const { id: _, ...recorded } = agent;
  const asked = { request, agent: { ...recorded, groups: [...agent.groups] }, action_digest, reasons, risk, policy };
  const told = defined({ counts, flow, history });
  return {
    events: [{ type: 'decision.broke_glass', ...asked, obligations, ...told, ...broken.broken }, broken.review],
  };
}

function brokenBy(
  request: ActionRequest,
  agent: Agent,
  { by, reason, ticket, verdict, grant_id, wanted_s, overdue, reviewers, destinations, owner, owner_missing }: Breaking,
  at: string,
): { broken: Broken; review: ReviewOpened } | Refusal {
  if (saysNothing(reason))
    return refuse('reason-required', 'Say why it cannot wait: a reason is required to break the glass.');
  const terms = breakTerms(verdict, by);
  if (isRefusal(terms)) return terms;
  // Whoever owns it under a name that nobody knows could not be kept from the review.
  if (owner_missing)
    return refuse('owner-missing', 'Nobody answers for this agent now: its owner is not known here, or disabled.');
  if (overdue && !terms.while_overdue) {
    const text = 'A review of what you did the last time you broke the glass is overdue. Have it closed first.';
    return refuse('review-overdue', text);
  }
  const { groups, within_s } = terms.review;
  const excluded = [...excludedFrom(request, agent, { exclude: [] }), ...breakerOf(by)];
  if (reviewersAmong(reviewers, { groups, excluded }, owner).length === 0) {
    const text = `Nobody in ${groups.join(' or ')} could review this afterwards, so it cannot be done.`;
    return refuse('nobody-reviews', text);
  }
  const lasts = Math.min(terms.duration_s, wanted_s ?? LONGEST_S, LONGEST_S);
  return {
    broken: {
      by: by.id,
      by_name: by.name,
      reason,
      ...defined({ ticket }),
      rule: terms.rule,
      ...(verdict.effect === 'deny' ? { overrode: 'deny' as const } : {}),
      policy: verdict.policy,
      grant: { id: grant_id, expires_at: addSeconds(at, lasts), uses: terms.uses },
      notified: [...terms.notify],
      destinations: destinations.filter(({ group }) => terms.notify.includes(group)),
    },
    review: { type: 'review.opened', groups: [...groups], due_at: addSeconds(at, within_s), excluded },
  };
}

/** All accounts of the person: none of them reviews what another of them did. */
function breakerOf(person: Person) {
  return idsOf(person).map((id) => ({ id, because: 'requester' as const }));
}
