import type { ActionRequest, DecisionEvent } from '@countersign/approval';
import type { Envelope } from '@countersign/contract';
import {
  agent,
  apiActivity,
  approvalRequest,
  attempt,
  base,
  control,
  severity,
  severityOf,
  status,
  user,
} from './ocsf-parts.js';
import { agentToOcsf, isAgentFact } from './ocsf-agent.js';
import type { Activity, OcsfEvent, Position } from './ocsf-parts.js';
import { credentialToOcsf, isCredentialFact } from './ocsf-credentials.js';
import { gateToOcsf, isGateFact } from './ocsf-gate.js';
import { isSeatFact, seatToOcsf } from './ocsf-seat.js';
import { isPeopleFact, peopleToOcsf } from './ocsf-people.js';
import { attemptedBreak, refusedBreak, tried } from './ocsf-break-glass.js';
import { isPolicyFact, policyToOcsf } from './ocsf-policy.js';

// The record in the words of a SIEM: OCSF 1.9. There is no class for an approval, so what an agent tries to do is API
// Activity (6003) and what people do about it is Entity Management (3004) of an "Approval Request".

const CREATE = { id: 1, name: 'Create' };
const UPDATE = { id: 3, name: 'Update' };
const DEACTIVATE = { id: 11, name: 'Deactivate' };

/**
 * The OCSF events for one entry, at least one. `opening` is the first event of its decision, which alone says what was
 * asked. An event of a type or shape that is not known here becomes a Base Event: the stream never skips an entry.
 */
export function toOcsf(event: Envelope, opening: Envelope | undefined, at: Position): OcsfEvent[] {
  try {
    const mapped = map(event, opening, at);
    if (mapped) return mapped;
  } catch (error) {
    // Members are missing. What is in the ledger cannot be mended, so it is passed on as it is.
    if (!(error instanceof TypeError)) throw error;
  }
  return [{ ...base(event, at, 0, { id: 99, name: event.type }, []), ...severity(1), message: event.type }];
}

function map(event: Envelope, opening: Envelope | undefined, at: Position): OcsfEvent[] | undefined {
  if (event.type === 'ledger.quarantined') return [quarantined(event, at)];
  if (isPolicyFact(event.type)) return policyToOcsf(event, at);
  if (isCredentialFact(event.type)) return credentialToOcsf(event, at);
  if (isGateFact(event.type)) return gateToOcsf(event, at);
  if (isSeatFact(event.type)) return seatToOcsf(event, at);
  if (isPeopleFact(event.type)) return peopleToOcsf(event, at);
  if (isAgentFact(event.type)) return agentToOcsf(event, at);
  const fact = { type: event.type, ...event.data } as DecisionEvent;
  if (fact.type === 'break_glass.refused' && fact.subject) return [attemptedBreak(event, fact, at)];
  // Facts after the first do not repeat what was asked.
  const asked = (opening ?? event).data as {
    request: ActionRequest;
    risk?: { level: string };
    policy?: { revision: string };
  };
  const { request } = asked;
  const policy = (revision: string | undefined) =>
    revision ? { policy: { uid: revision, name: 'countersign', is_applied: true } } : {};

  const api = (...parts: OcsfEvent[]): OcsfEvent => {
    const profiles = ['security_control', 'ai_operation', ...(event.trace_id ? ['trace'] : [])];
    const trace = event.trace_id ? { trace: { uid: event.trace_id } } : {};
    return Object.assign(
      base(event, at, 6003, apiActivity(request.action.name), profiles),
      attempt(request),
      trace,
      ...parts,
    );
  };
  const approval = (activity: Activity, actor: OcsfEvent, ...parts: OcsfEvent[]): OcsfEvent =>
    Object.assign(
      base(event, at, 3004, activity, ['security_control', 'ai_operation']),
      {
        actor,
        ...agent(request),
        ...approvalRequest(event, { action: request.action.name, resource: request.resource.id }),
      },
      ...parts,
    );
  const service = { app_name: 'Countersign' };

  switch (fact.type) {
    case 'decision.allowed':
      return [api(severity(1), status(1, textOf(fact.reasons)), control(1, 1), policy(fact.policy.revision))];
    case 'decision.denied':
      return [
        api(severityOf(fact.risk), status(2, textOf(fact.reasons)), control(2, 26), policy(fact.policy.revision)),
      ];
    case 'decision.held': {
      const pending = { status_id: 99, status: 'Pending approval', status_detail: textOf(fact.reasons) };
      const opened = base(event, at, 3004, CREATE, ['security_control', 'ai_operation'], '/approval');
      const entity = approvalRequest(event, {
        action_digest: fact.action_digest,
        seats: fact.approval.seats,
        expires_at: fact.expires_at,
      });
      return [
        api(severityOf(fact.risk), pending, control(4, 14), policy(fact.policy.revision)),
        {
          ...opened,
          ...severityOf(fact.risk),
          ...status(1),
          actor: { app_uid: request.subject.id },
          ...agent(request),
          ...entity,
        },
      ];
    }
    case 'decision.repeated':
      return [
        api(
          severity(1),
          { status_id: 99, status: 'Pending approval', status_detail: 'asked again while pending' },
          control(4, 14),
        ),
      ];
    case 'vote.cast': {
      const cast = fact.vote === 'approve' ? control(1, 8) : control(2, 25);
      const data = { vote: fact.vote, channel: fact.channel, groups: fact.groups, seen_digest: fact.seen_digest };
      const entity = approvalRequest(event, data);
      const comment = fact.reason ? { comment: fact.reason } : {};
      return [
        approval(UPDATE, { user: user(fact.voter, fact.voter_name) }, severity(1), status(1), cast, entity, comment),
      ];
    }
    case 'vote.refused':
      return [approval(UPDATE, { user: user(fact.voter) }, severity(3), status(2, fact.because), control(2, 26))];
    case 'vote.retracted':
      return [approval(UPDATE, { user: user(fact.voter) }, severity(1), status(1, 'vote taken back'))];
    case 'approval.reminded':
      return [approval(UPDATE, service, severity(1), status(1, 'half the time is over'))];
    case 'approval.escalated': {
      const { seats, asked } = fact;
      const entity = approvalRequest(event, { seats, asked: asked.map(({ id }) => id) });
      return [approval(UPDATE, service, severity(2), status(1, 'further people are asked'), entity)];
    }
    case 'decision.approved': {
      const approvers = fact.approvers.map((person) => ({ uid: person.id, name: person.name, seat: person.seat }));
      return [
        approval(
          UPDATE,
          service,
          severity(1),
          status(1, 'quorum complete'),
          control(1, 8),
          approvalRequest(event, { approvers }),
        ),
      ];
    }
    case 'decision.rejected':
      return [
        approval(UPDATE, { user: user(fact.by, fact.by_name) }, severity(1), status(1), control(2, 25), {
          comment: fact.reason,
        }),
      ];
    case 'decision.expired':
      return [approval(DEACTIVATE, service, severity(1), status(1, 'nobody answered in time'))];
    case 'decision.withdrawn':
      return [
        approval(
          DEACTIVATE,
          { app_uid: fact.by },
          severity(1),
          status(1, 'withdrawn'),
          fact.reason ? { comment: fact.reason } : {},
        ),
      ];
    case 'decision.revoked':
      return [
        approval(DEACTIVATE, { user: user(fact.by, fact.by_name) }, severity(3), status(1), control(2, 24), {
          comment: fact.reason,
        }),
      ];
    case 'decision.stopped':
      return [
        approval(DEACTIVATE, { user: user(fact.by, fact.by_name) }, severity(3), status(1, 'stopped'), control(2, 25), {
          comment: fact.reason,
        }),
      ];
    case 'session.drawn': {
      const entity = approvalRequest(event, { decision_id: fact.decision_id, use: fact.use, amounts: fact.amounts });
      return [approval(UPDATE, service, severity(1), status(1, 'a further action was allowed'), control(1, 8), entity)];
    }
    case 'session.ended':
      return [
        approval(UPDATE, { user: user(fact.by, fact.by_name) }, severity(3), status(1), control(2, 24), {
          comment: fact.reason,
        }),
      ];
    case 'session.expired':
      return [approval(UPDATE, service, severity(1), status(1, 'the session approval has expired'))];
    case 'decision.broke_glass': {
      // As loud as it gets without being an attack: a person acted alone.
      const { ticket, rule, overrode, notified } = fact;
      const entity = approvalRequest(event, { break_glass: true, rule, overrode, ticket, notified });
      const by = { user: user(fact.by, fact.by_name) };
      const detail = `glass broken${overrode ? ' against a denial of policy' : ' without approval'}`;
      return [approval(UPDATE, by, severity(4), status(1, detail), control(1, 1), entity, { comment: fact.reason })];
    }
    case 'break_glass.refused':
      return [
        approval(
          UPDATE,
          { user: user(fact.by, fact.by_name) },
          ...refusedBreak(fact),
          approvalRequest(event, tried(fact)),
        ),
      ];
    case 'review.opened':
      return [approval(UPDATE, service, severity(3), status(1, `review due ${fact.due_at}`))];
    case 'review.overdue':
      return [approval(UPDATE, service, severity(4), status(2, 'review overdue'))];
    case 'review.closed': {
      const justified = fact.finding === 'justified';
      const by = { user: user(fact.by, fact.by_name) };
      const detail = `review closed: ${justified ? 'justified' : 'not justified'}`;
      return [approval(UPDATE, by, severity(justified ? 1 : 4), status(1, detail), { comment: fact.comment })];
    }
    case 'grant.redeemed':
      return [api(severity(1), status(1, 'grant redeemed'), control(1, 1), policy(fact.policy.revision))];
    case 'grant.refused':
      return [api(severity(3), status(2, fact.because), control(2, 26))];
    case 'grant.expired':
      return [approval(DEACTIVATE, service, severity(1), status(1, 'the grant was not used in time'))];
    case 'outcome.reported':
      return [api(severityOf(fact.success ? undefined : asked.risk), status(fact.success ? 1 : 2, fact.summary))];
    default:
      return undefined;
  }
}

/** Something on the topic was no acceptable event: a producer is broken, or somebody writes who should not. */
function quarantined(event: Envelope, at: Position): OcsfEvent {
  const { sha256, reason } = event.data as { sha256: string; reason: string };
  return {
    ...base(event, at, 2004, CREATE, ['security_control']),
    ...severity(4),
    status_id: 1,
    status: 'New',
    is_alert: true,
    finding_info: { uid: event.id, title: 'A message on the event topic was quarantined', desc: reason },
    evidences: [{ data: { sha256, reason } }],
  };
}

function textOf(reasons: readonly { rule: string; text: string }[]): string {
  return reasons.map((reason) => `${reason.rule}: ${reason.text}`).join('; ');
}
