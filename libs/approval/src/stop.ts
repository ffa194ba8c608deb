import { refusedBreak } from './break-glass.js';
import { utcDateTime } from './clock-text.js';
import type { Command, Ruling } from './decide.js';
import { delegationChain } from './eligibility.js';
import type { DecisionRevoked, DecisionStopped, SessionEnded } from './event.js';
import { identityKey, isIdOf } from './identity.js';
import { inert } from './inert.js';
import { refuse, type Refusal } from './refusal.js';
import type { ActionRequest, Person } from './request.js';
import { liveLeave } from './session.js';
import type { Decision } from './state.js';
import type { Reason, Verdict } from './verdict.js';

// The kill switch. A stop permits nothing in its scope, whatever policy, people or an exception say: it denies what is asked
// anew, ends what waits and takes back what was permitted and is not used.

/** What a stop is about: one agent, one area of actions, or everything. */
export type StopScope = { agent: string } | { area: string } | { all: true };

export interface Stop {
  /** "stp_" and 26 characters. */
  id: string;
  scope: StopScope;
  by: string;
  by_name: string;
  reason: string;
  /** RFC 3339, UTC: when it was placed. */
  at: string;
  /** When it ends by itself; absent: when somebody resumes. */
  until?: string;
  /** True when it was placed for a reason of security: then whoever owns the agent cannot lift it. */
  security?: boolean;
}

/** The first segment of a dotted action name, or the resource type: the same parts that route a request to its policy. */
export function areaOf({ action, resource }: Pick<ActionRequest, 'action' | 'resource'>): string {
  const dot = action.name.indexOf('.');
  return dot < 0 ? resource.type : action.name.slice(0, dot);
}

/**
 * The first of these stops that is in force and covers this request. A stop for an agent is one for all it does: itself,
 * through another that speaks for it, for others as their gateway, and through those it has delegated to.
 */
export function stopOf(stops: readonly Stop[], request: ActionRequest, at: string): Stop | undefined {
  if (stops.length === 0) return undefined;
  const area = areaOf(request);
  let acting: Set<string> | undefined;
  const covers = (scope: StopScope) => {
    if ('all' in scope) return true;
    if ('area' in scope) return scope.area === area;
    acting ??= actingIn(request);
    return acting.has(identityKey(scope.agent)) || acting.has(UNREADABLE);
  };
  return stops.find((stop) => inForce(stop, at) && covers(stop.scope));
}

/** No id is empty, so this stands for a chain that could not be read and may name anybody. */
const UNREADABLE = '';

function actingIn(request: ActionRequest): Set<string> {
  const { subject, submitted_by = subject.id } = request;
  const chain = delegationChain(request) ?? [UNREADABLE];
  return new Set([subject.id, submitted_by, ...chain].map(identityKey));
}

/** Compared as times; an end that is no time never comes. */
export function inForce({ until }: Pick<Stop, 'until'>, at: string): boolean {
  return until === undefined || !(Date.parse(at) >= Date.parse(until));
}

/** Why a request is denied, said so that an agent knows what to do. */
export function stopReason(stop: Stop): Reason {
  const end = stop.until === undefined ? 'until a person resumes it' : `until ${utcDateTime(stop.until)}`;
  const text =
    `${inert(stop.by_name, 120)} has stopped ${scopeText(stop.scope)} ${end}: ${inert(stop.reason, 300)}. Do not run this, ` +
    'do not ask again before then, and do not use another tool to achieve it. Tell whoever you act for.';
  return { rule: 'stopped', text };
}

/** "everything", "all that release-bot does", "all actions in db". */
export function scopeText(scope: StopScope): string {
  if ('all' in scope) return 'everything';
  return 'area' in scope ? `all actions in ${inert(scope.area, 80)}` : `all that ${inert(scope.agent, 80)} does`;
}

/** What a verdict is worth under a stop. A denial stays the denial it was; nothing of what was not permitted is counted. */
export function stoppedVerdict(verdict: Verdict, stop: Stop): Verdict {
  if (verdict.effect === 'deny') return verdict;
  const { reasons, risk, policy } = verdict;
  return { effect: 'deny', reasons: [stopReason(stop), ...reasons], risk, obligations: [], policy };
}

/** What a stop does to a decision that is there already: nothing if it permits nothing any more, or has nothing to take back. */
function halt(decision: Decision, stop: Stop): (DecisionStopped | DecisionRevoked | SessionEnded)[] {
  const said = { by: stop.by, by_name: stop.by_name, reason: stop.reason, stop: stop.id };
  if (decision.status === 'PENDING') return [{ type: 'decision.stopped', ...said }];
  return [
    ...(liveLeave(decision) ? [{ type: 'session.ended' as const, ...said }] : []),
    ...(decision.status === 'ALLOWED' && decision.grant ? [{ type: 'decision.revoked' as const, ...said }] : []),
  ];
}

/** What is told to whoever votes on, or would use, what a stop has ended just now, and what is put on the record. */
export function halted(decision: Decision, command: Command, stop: Stop): Ruling | undefined {
  if (!ENDS_ON.has(command.type)) return undefined;
  const ended = halt(decision, stop);
  if (ended.length === 0) return undefined;
  const { text } = stopReason(stop);
  if (command.type === 'stop') return { events: ended };
  if (command.type === 'break_glass') {
    const refused = refuse('stopped', text);
    return { events: [refusedBreak(command, refused, decision.action_digest), ...ended], refused };
  }
  if (command.type !== 'redeem') return { events: ended, refused: refuse('already-decided', text) };
  const { by, grant_id } = command;
  return {
    events: [{ type: 'grant.refused', grant_id, by, because: 'stopped' }, ...ended],
    refused: refuse('stopped', text),
  };
}

/** Commands that would take a decision further. To withdraw, to revoke and to report what was done is always possible. */
const ENDS_ON: ReadonlySet<Command['type']> = new Set([
  'stop',
  'vote',
  'break_glass',
  'retract',
  'redeem',
  'repeat',
  'remind',
  'escalate',
]);

/** Who wants to place or lift a stop. */
export interface StopActor {
  person: Person;
  /** Whether the person has the role for it. */
  operator: boolean;
  /** Who owns the agent that the stop is about; absent when it is about no agent, or about one that nobody knows. */
  owner?: string | undefined;
}

/** Why this person may not stop this; undefined when they may. Whoever answers for an agent may always stop it. */
export function mayNotStop(scope: StopScope, { person, operator, owner }: StopActor): Refusal | undefined {
  if (barred(person)) return refuse('not-operator', 'Guests and disabled accounts cannot stop anything.');
  if (operator || ('agent' in scope && isOwner(person, owner))) return undefined;
  const text =
    'agent' in scope
      ? 'Only an operator, or the owner of this agent, may stop it.'
      : 'Only an operator may stop an area or everything.';
  return refuse('not-operator', text);
}

/** Stops that are taken at a time: each is looked at for every request. */
const MOST_STOPS = 500;
/** Half of the room is kept for operators, or whoever owns an agent could fill it, and nobody could stop anything. */
const MOST_OF_OWNERS = MOST_STOPS / 2;
/** Stops of one agent by one person who is no operator. */
const MOST_OF_ONE = 5;

/** Why no further stop is taken from somebody who may place it; undefined when there is room. `kept` are all there are. */
export function noRoomToStop(
  scope: StopScope,
  { person, operator }: StopActor,
  kept: readonly Pick<Stop, 'scope' | 'by'>[],
): Refusal | undefined {
  const most = operator ? MOST_STOPS : MOST_OF_OWNERS;
  if (kept.length >= most) {
    const wider = operator ? 'Stop an area or everything.' : 'Have an operator stop an area or everything.';
    return refuse('too-many-stops', `${most} stops are in force, which is all that is taken. ${wider}`);
  }
  const wanted = JSON.stringify(scope);
  const same = kept.filter((stop) => isIdOf(person, stop.by) && JSON.stringify(stop.scope) === wanted);
  if (operator || same.length < MOST_OF_ONE) return undefined;
  const text = `You have stopped this ${same.length} times already, and it stays so until all of them are resumed.`;
  return refuse('too-many-stops', text);
}

/**
 * Why this person may not lift this stop. Whoever owns the agent may take back what they did themselves and no more,
 * operator or not: a stop by somebody else, or for a reason of security, is there because of what they answer for.
 */
export function mayNotResume(stop: Stop, { person, operator, owner }: StopActor): Refusal | undefined {
  if (barred(person)) return refuse('not-operator', 'Guests and disabled accounts cannot resume anything.');
  if (isOwner(person, owner)) {
    if (isIdOf(person, stop.by) && !stop.security) return undefined;
    const text = stop.security ? 'for security reasons' : 'by somebody else';
    return refuse('own-agent', `You own this agent, and it was stopped ${text}: another operator has to resume it.`);
  }
  return operator ? undefined : refuse('not-operator', 'Only an operator may resume this.');
}

function barred({ guest, disabled }: Person): boolean {
  return (guest ?? false) || (disabled ?? false);
}

function isOwner(person: Person, owner: string | undefined): boolean {
  return owner !== undefined && isIdOf(person, owner);
}
