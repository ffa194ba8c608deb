import { delegationChain, eligibility, excludedFrom, isRefusal } from './eligibility.js';
import type { DecisionDenied, DecisionHeld } from './event.js';
import { openSeats, seat } from './quorum.js';
import type { ActionRequest, Agent, Destination, Person } from './request.js';
import type { GrantTerms, Verdict } from './verdict.js';

export interface Hold {
  request: ActionRequest;
  /** The request with large parts cut out, when it is too large to be recorded whole. */
  recorded?: ActionRequest;
  agent: Agent;
  action_digest: string;
  /** Its effect is require_approval. */
  verdict: Verdict;
  /** Everyone in the groups the verdict names, as the directory has them now. */
  members: readonly Person[];
  destinations: Destination[];
  /** What policy was told of earlier actions, if anything. */
  history?: Record<string, unknown>;
}

const DEFAULT_GRANT: GrantTerms = { expires_in_s: 600, uses: 1 };

/** What a grant is issued with: what policy says, and otherwise one use within ten minutes. */
export function grantTerms(verdict: Pick<Verdict, 'grant'>): GrantTerms {
  return verdict.grant ?? DEFAULT_GRANT;
}

/** Nobody countersigns what nobody can read: padding must not push the payload out of an approver's sight. */
const TOO_LARGE =
  'The request is too large to be shown whole to the people who would have to approve it. Make it smaller, or ask about its parts.';

/** A chain of delegation longer than this is not worked through, and a request with one is not put before people. */
const MOST_DELEGATES = 32;

/** People named in the record as asked. With a bound, because an event too large for the ledger would escape the record. */
const MOST_NAMED = 100;

/**
 * The first event of a decision that people must answer. If exclusions leave too few to fill the seats, it is denied at
 * once and says so: a request nobody can approve must not wait for its expiry.
 */
export function hold(
  { request, recorded, agent, action_digest, verdict, members, destinations, history }: Hold,
  at: string,
): DecisionHeld | DecisionDenied {
  const terms = verdict.approval;
  if (!terms) throw new TypeError('a verdict that requires approval carries its terms');
  const answered = {
    request: recorded ?? request,
    agent: {
      owner: agent.owner,
      ...(agent.owner_name ? { owner_name: agent.owner_name } : {}),
      groups: [...agent.groups],
      ...(agent.trust ? { trust: agent.trust } : {}),
    },
    action_digest,
    reasons: verdict.reasons,
    risk: verdict.risk,
    policy: verdict.policy,
    ...(verdict.counts ? { counts: verdict.counts } : {}),
    ...(verdict.flow ? { flow: verdict.flow } : {}),
    ...(history ? { history } : {}),
  };
  const denied = (rule: string, text: string): DecisionDenied => {
    return { type: 'decision.denied', ...answered, reasons: [{ rule, text }, ...verdict.reasons] };
  };
  if (recorded) return denied('too-large-to-show', TOO_LARGE);
  const chain = delegationChain(request);
  if (!chain || chain.length > MOST_DELEGATES) {
    return denied('delegation-too-long', `The chain of delegation names more than ${MOST_DELEGATES} actors.`);
  }
  const excluded = excludedFrom(request, agent, terms);
  const approval = { terms, excluded, asked: [] };
  const asked = members.flatMap((person) => {
    const groups = eligibility(person, approval);
    return isRefusal(groups) ? [] : [{ id: person.id, name: person.name, groups }];
  });
  const { complete, filled } = seat(terms.seats, asked);
  if (!complete) return denied('nobody-eligible', shortage(terms.seats, filled));
  return {
    type: 'decision.held',
    ...answered,
    obligations: verdict.obligations,
    approval: terms,
    expires_at: addSeconds(at, terms.expires_in_s),
    excluded,
    asked: asked.slice(0, MOST_NAMED),
    destinations: destinations.filter(({ channel }) => terms.channels.length === 0 || terms.channels.includes(channel)),
    grant: grantTerms(verdict),
  };
}

function shortage(seats: readonly { group: string; count: number }[], filled: Map<string, number>): string {
  const short = openSeats(seats, filled).map(
    ({ group, count }) => `${group} needs ${count} and has ${filled.get(group)!}`,
  );
  const why = short.length > 0 ? short.join(', ') : 'it names no seat';
  return `Nobody may approve this: ${why}, not counting the agent's owner, the principal and the requester.`;
}

/** An RFC 3339 time that much later. */
export function addSeconds(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}
