import type { Exclusion } from './event.js';
import type { ActionRequest, Agent, Person } from './request.js';
import { refuse, type Refusal } from './refusal.js';
import type { ApprovalState } from './state.js';
import type { ApprovalTerms } from './verdict.js';

export interface Excluded {
  id: string;
  because: Exclusion;
}

/**
 * Everyone who never counts for this request: nobody approves their own wish, whichever hat they wear. Admins are no
 * exception, because there is no exception to make: the list is about persons, not roles.
 */
export function excludedFrom(request: ActionRequest, agent: Agent, terms: Pick<ApprovalTerms, 'exclude'>): Excluded[] {
  const found = new Map<string, Exclusion>();
  const add = (id: string | undefined, because: Exclusion) => {
    if (id && !found.has(id)) found.set(id, because);
  };
  add(agent.owner, 'owner');
  add(request.principal, 'principal');
  add(request.submitted_by, 'requester');
  add(request.subject.id, 'requester');
  delegationChain(request).forEach((id) => add(id, 'delegation'));
  terms.exclude.forEach((id) => add(id, 'policy'));
  return [...found].map(([id, because]) => ({ id, because }));
}

/** The ids in `subject.properties.act`, outermost first (RFC 8693 section 4.1: each actor may carry the one before it). */
function delegationChain(request: ActionRequest): string[] {
  const ids: string[] = [];
  let act: unknown = request.subject.properties?.['act'];
  while (typeof act === 'object' && act !== null && ids.length < 64) {
    const actor = act as { sub?: unknown; id?: unknown; act?: unknown };
    for (const id of [actor.sub, actor.id]) if (typeof id === 'string') ids.push(id);
    act = actor.act;
  }
  return ids;
}

/** The groups this person may sit for, or why there is none. */
export function eligibility(
  person: Person,
  approval: Pick<ApprovalState, 'terms' | 'excluded' | 'asked'>,
): string[] | Refusal {
  const exclusion = approval.excluded.find(({ id }) => id === person.id);
  if (exclusion) return refuseExcluded(exclusion, person, approval);
  if (person.disabled) return refuse('disabled', 'Your account is disabled, so your vote does not count.');
  if (person.guest) return refuse('guest', 'Guests can not approve or deny. Ask a member of the group.');
  const groups = approval.terms.seats.map(({ group }) => group).filter((group) => person.groups.includes(group));
  if (groups.length > 0) return groups;
  const wanted = approval.terms.seats.map(({ group }) => group).join(' or ');
  return refuse(
    'not-asked',
    `This needs someone from ${wanted}, and you are not in that group.${askedInstead(person, approval)}`,
  );
}

export function isRefusal(value: string[] | Refusal): value is Refusal {
  return !Array.isArray(value);
}

function refuseExcluded(exclusion: Excluded, person: Person, approval: Pick<ApprovalState, 'asked'>): Refusal {
  const why: Record<Exclusion, string> = {
    owner: 'You own the agent that asks',
    principal: 'The agent acts on your behalf',
    requester: 'You made this request',
    delegation: 'You are in the chain of delegation behind this request',
    policy: 'Policy excludes you from this request',
  };
  const code = exclusion.because === 'policy' ? 'excluded' : 'self-approval';
  return refuse(code, `${why[exclusion.because]}, so someone else has to decide.${askedInstead(person, approval)}`);
}

function askedInstead(person: Person, approval: Pick<ApprovalState, 'asked'>): string {
  const names = approval.asked.filter(({ id }) => id !== person.id).map(({ name }) => name);
  if (names.length === 0) return '';
  const shown = names.slice(0, 5).join(', ');
  return ` Asked: ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}.`;
}
