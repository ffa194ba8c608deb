import { breakGlass, refusedBreak, type BreakGlass } from './break-glass.js';
import { isPast } from './deadline.js';
import type { DecisionEvent } from './event.js';
import { saysNothing } from './inert.js';
import { redeem, type Redeem } from './redeem.js';
import { refuse, type Refusal } from './refusal.js';
import type { Person } from './request.js';
import { closeReview, overdueReview, type CloseReview } from './review.js';
import { defined, settled } from './settled.js';
import { draw, leaveLapsed, liveLeave, type Draw } from './session.js';
import { usesMade, type Decision } from './state.js';
import { halted, stopReason, type Stop } from './stop.js';
import { escalate, remind, type Escalate, type Remind } from './waiting.js';
import { castVote, refusedVote, retract, type CastVote, type Retract } from './vote.js';

export type Command =
  | CastVote
  | Retract
  | Redeem
  | Remind
  | Escalate
  | Draw
  | { type: 'withdraw'; by: string; reason?: string }
  | { type: 'revoke'; by: Person; reason: string }
  | { type: 'expire' }
  | { type: 'stop' }
  | BreakGlass
  | CloseReview
  | { type: 'overdue_review' }
  | { type: 'repeat'; request_id?: string; submitted_by?: string }
  | Report;

/** What came of one use. */
export interface Report {
  type: 'report';
  by: string;
  success: boolean;
  summary?: string;
  details?: Record<string, unknown>;
  /** Which use; absent means the last one made. */
  use?: number;
}

/** What a command leads to. A refusal may still leave facts to record: that somebody tried. */
export interface Ruling {
  events: DecisionEvent[];
  refused?: Refusal;
}

/**
 * The rules. `at` is the time of the command, RFC 3339 in UTC. A deadline that has passed is settled first, whatever the
 * command: a late click must lose even if no timer has run yet. So must one that comes under `stop`, the stop that is in
 * force now and covers this request.
 */
export function decide(decision: Decision, command: Command, at: string, stop?: Stop): Ruling {
  // Leave for a session has a time of its own, which the grant that came with it does not bound.
  if (command.type === 'draw')
    return stop ? { events: [], refused: refuse('stopped', stopReason(stop).text) } : draw(decision, command, at);
  // What is looked at afterwards is looked at whenever somebody does.
  const lapsed = command.type === 'close_review' || command.type === 'overdue_review' ? undefined : lapse(decision, at);
  if (lapsed && command.type === 'expire') return { events: [lapsed, ...leaveLapsed(decision, at)] };
  if (lapsed) return tooLate(decision, command, lapsed);
  const ended = stop && halted(decision, command, stop);
  if (ended) return ended;
  switch (command.type) {
    case 'expire':
      return { events: leaveLapsed(decision, at) };
    case 'stop':
      return { events: [] };
    case 'repeat':
      return {
        events: [
          {
            type: 'decision.repeated',
            ...defined({ request_id: command.request_id, submitted_by: command.submitted_by }),
          },
        ],
      };
    case 'vote':
      return castVote(decision, command, at);
    case 'break_glass':
      return breakGlass(decision, command, at);
    case 'close_review':
      return closeReview(decision, command);
    case 'overdue_review':
      return overdueReview(decision, at);
    case 'retract':
      return retract(decision, command);
    case 'remind':
      return remind(decision, command, at);
    case 'escalate':
      return escalate(decision, command, at);
    case 'redeem':
      return redeem(decision, command);
    case 'withdraw':
      if (decision.status !== 'PENDING') return { events: [], refused: settled(decision) };
      return { events: [{ type: 'decision.withdrawn', by: command.by, ...defined({ reason: command.reason }) }] };
    case 'revoke':
      return revoke(decision, command);
    case 'report':
      return report(decision, command);
  }
}

/** Whether or not a timer was there first, the record has who came too late. */
function tooLate(decision: Decision, command: Command, lapsed: DecisionEvent): Ruling {
  const refused = refusedAsLate(decision);
  const late = { events: [lapsed], refused };
  if (command.type === 'break_glass')
    return { ...late, events: [lapsed, refusedBreak(command, refused, decision.action_digest)] };
  return command.type === 'vote' && decision.status === 'PENDING'
    ? { ...late, events: [lapsed, refusedVote(command, refused)] }
    : late;
}

function refusedAsLate(decision: Decision): Refusal {
  if (decision.status === 'PENDING')
    return refuse('expired', 'This request has expired: nobody answered in time. The agent may ask again.');
  const text =
    usesMade(decision) > 0
      ? 'This grant has expired before all of its uses were made. Ask again.'
      : 'This grant has expired unused. Ask again.';
  return refuse('grant-expired', text);
}

/** The event of a deadline that has passed, if one has. */
function lapse(decision: Decision, at: string): DecisionEvent | undefined {
  if (decision.status === 'PENDING' && isPast(decision.approval.expires_at, at)) return { type: 'decision.expired' };
  if (decision.status === 'ALLOWED' && decision.grant && isPast(decision.grant.expires_at, at)) {
    const { id, uses } = decision.grant;
    return { type: 'grant.expired', grant_id: id, unused: uses - usesMade(decision) };
  }
  return undefined;
}

function revoke(decision: Decision, { by, reason }: { by: Person; reason: string }): Ruling {
  const usable = decision.status === 'ALLOWED' && decision.grant !== undefined;
  const endsSession = liveLeave(decision) !== undefined;
  if (!usable && !endsSession) {
    const text =
      decision.status === 'ALLOWED' ? 'There is nothing to revoke: this was allowed outright.' : settled(decision).text;
    return { events: [], refused: refuse('no-grant', text) };
  }
  if (saysNothing(reason))
    return { events: [], refused: refuse('reason-required', 'Say why: a reason is required to revoke.') };
  const told = { by: by.id, by_name: by.name, reason };
  return {
    events: [
      ...(endsSession ? [{ type: 'session.ended' as const, ...told }] : []),
      ...(usable ? [{ type: 'decision.revoked' as const, ...told }] : []),
    ],
  };
}

function report(decision: Decision, { by, success, summary, details, use }: Report): Ruling {
  const made = usesMade(decision);
  const outright = decision.status === 'ALLOWED' && !decision.grant;
  const which = outright ? 1 : (use ?? Math.max(made, 1));
  if (which > made && !outright) {
    const notYet = decision.status === 'ALLOWED' ? 'The grant has not been redeemed, so nothing may have run.' : '';
    const text = made > 0 ? `Use ${which} of the grant has not been made.` : notYet || settled(decision).text;
    return { events: [], refused: refuse('not-acted', `There is no outcome to report. ${text}`) };
  }
  const { outcome } = decision;
  if (outcome && (decision.reported ?? [1]).includes(which)) {
    // Said again in the same words it is the same report; only the last one is still there to compare.
    const same = (outcome.use ?? 1) === which && outcome.success === success && outcome.summary === summary;
    return same
      ? { events: [] }
      : { events: [], refused: refuse('already-reported', 'An outcome has been reported already.') };
  }
  const what = defined({ summary, details, use: outright ? undefined : which });
  return { events: [{ type: 'outcome.reported', by, success, ...what }] };
}
