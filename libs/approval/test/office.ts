import {
  decide,
  evolve,
  hold,
  type ActionRequest,
  type Agent,
  type ApprovalTerms,
  type Calendars,
  type CastVote,
  type Command,
  type Decision,
  type DecisionEvent,
  type Pending,
  type Person,
  type Redeem,
  type Refusal,
  type Stop,
  type Verdict,
} from '../src/index.js';

// A small office to try the rules in. Sam owns release-bot, Lee is whom it works for; Dana, Ben and Ana are asked.

export const T0 = '2026-11-20T14:00:00.000Z';
export const DIGEST = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg';

/** T0 and some seconds. */
export function later(seconds: number): string {
  return new Date(Date.parse(T0) + seconds * 1000).toISOString();
}

export function person(id: string, groups: string[], more: Partial<Person> = {}): Person {
  return { id, name: id.slice(0, 1).toUpperCase() + id.slice(1), groups, ...more };
}

export const DANA = person('dana', ['dba']);
export const BEN = person('ben', ['dba', 'finance']);
export const ANA = person('ana', ['finance']);
export const SAM = person('sam', ['dba', 'finance', 'admins']);
export const LEE = person('lee', ['dba', 'finance']);
export const EVERYONE = [DANA, BEN, ANA, SAM, LEE];

export const AGENT: Agent = { id: 'release-bot', owner: 'sam', owner_name: 'Sam', groups: ['ci'] };

export const REQUEST: ActionRequest = {
  subject: { type: 'agent', id: 'release-bot' },
  principal: 'lee',
  action: { name: 'db.delete', properties: { rows: 12480 } },
  resource: { type: 'table', id: 'prod.orders' },
};

export function terms(more: Partial<ApprovalTerms> = {}): ApprovalTerms {
  return {
    seats: [{ group: 'dba', count: 1 }],
    expires_in_s: 900,
    reason_required: false,
    channels: [],
    redact: [],
    exclude: [],
    step_up: false,
    ...more,
  };
}

export function verdict(more: Partial<Verdict> = {}): Verdict {
  return {
    effect: 'require_approval',
    reasons: [{ rule: 'bulk-delete', text: 'deletes more than 100 rows' }],
    risk: { level: 'high', score: 70, factors: ['bulk-delete'] },
    approval: terms(),
    obligations: [],
    policy: { revision: 'rev-1' },
    ...more,
  };
}

export interface Situation {
  request?: ActionRequest;
  agent?: Agent;
  verdict?: Verdict;
  members?: readonly Person[];
  calendars?: Calendars;
}

/** The first event of a request that people are to answer. */
export function holding(situation: Situation = {}) {
  const { request = REQUEST, agent = AGENT, verdict: given = verdict(), members, calendars } = situation;
  const destinations = [
    { channel: 'slack' as const, address: 'C0DBA', group: 'dba' },
    { channel: 'teams' as const, address: '19:dba@thread.tacv2', group: 'dba' },
  ];
  return hold(
    {
      request,
      agent,
      action_digest: DIGEST,
      verdict: given,
      members: members ?? EVERYONE,
      destinations,
      ...(calendars ? { calendars } : {}),
    },
    T0,
  );
}

/** The state after events, each as it comes back from the record. */
export function fold(events: readonly DecisionEvent[], at = T0, from?: Decision): Decision | undefined {
  return events.reduce<Decision | undefined>((decision, event) => {
    const { type, ...data } = JSON.parse(JSON.stringify(event)) as DecisionEvent;
    return evolve(decision, { type, at, decision_id: 'dec_1', version: (decision?.version ?? 0) + 1, data });
  }, from);
}

/** A request that waits. */
export function pending(situation: Situation = {}): Pending {
  const decision = fold([holding(situation)])!;
  if (decision.status !== 'PENDING') throw new Error(`it is ${decision.status}: ${JSON.stringify(decision.reasons)}`);
  return decision;
}

/** Allowed by policy, with a grant or outright. */
export function allowed(grant = false, uses = 1): Decision {
  const { request, agent, action_digest, reasons, risk, policy } = pending();
  return fold([
    {
      type: 'decision.allowed',
      ...{ request, agent, action_digest, reasons, risk, policy, obligations: [] },
      ...(grant ? { grant: { id: 'grt_1', expires_at: later(600), uses } } : {}),
    },
  ])!;
}

export interface Step {
  decision: Decision;
  events: DecisionEvent[];
  refused?: Refusal;
}

/** One command against the rules, and what comes of it. */
export function act(decision: Decision, command: Command, at = later(1), stop?: Stop): Step {
  const { events, refused } = decide(decision, command, at, stop);
  return { decision: fold(events, at, decision)!, events, ...(refused ? { refused } : {}) };
}

export function vote(voter: Person, more: Partial<CastVote> = {}): CastVote {
  return { type: 'vote', voter, vote: 'approve', channel: 'api', grant_id: 'grt_1', ...more };
}

export function deny(voter: Person, reason = 'not today'): CastVote {
  return vote(voter, { vote: 'deny', reason });
}

export function redeeming(more: Partial<Redeem> = {}): Redeem {
  return {
    type: 'redeem',
    by: 'release-bot',
    grant_id: 'grt_1',
    action_digest: DIGEST,
    approvers: EVERYONE,
    verdict: verdict({ effect: 'allow', approval: undefined }),
    ...more,
  };
}

/** Approved by Dana, not used yet. */
export function approved(situation: Situation = {}): Decision {
  return act(pending(situation), vote(DANA)).decision;
}

/** Commands one after the other, a second apart. */
export function play(decision: Decision, ...commands: Command[]): Step {
  return commands.reduce<Step>((step, command, i) => act(step.decision, command, later(i + 1)), {
    decision,
    events: [],
  });
}
