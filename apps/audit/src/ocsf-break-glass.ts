import type { BreakGlassRefused } from '@countersign/approval';
import type { Envelope } from '@countersign/contract';
import { base, control, severity, status, user } from './ocsf-parts.js';
import type { OcsfEvent, Position } from './ocsf-parts.js';

// Attempts to break the glass that the rules refused: what whoever watches wants to see although nothing came of it.

const CREATE = { id: 1, name: 'Create' };

/** Slips of somebody who may; every other refusal is of somebody who wanted what is not theirs to take. */
const SLIPS: readonly string[] = ['reason-required', 'not-needed', 'already-decided', 'expired', 'grant-expired'];

/** How loud it is, and that it was blocked. */
export function refusedBreak({ because, reason }: BreakGlassRefused): OcsfEvent[] {
  return [
    severity(SLIPS.includes(because) ? 3 : 4),
    status(2, `breaking the glass was refused: ${because}`),
    control(2, 26),
    reason ? { comment: reason } : {},
  ];
}

export function tried({ action_digest, ticket }: BreakGlassRefused): OcsfEvent {
  return { break_glass: true, action_digest, ticket };
}

/** One that is about no decision: it says itself what was to be done. */
export function attemptedBreak(event: Envelope, fact: BreakGlassRefused, at: Position): OcsfEvent {
  const { by, by_name, subject, action, resource } = fact;
  const { id, type } = subject!;
  const data = { ...tried(fact), action, resource: resource?.id };
  return Object.assign(
    base(event, at, 3004, CREATE, ['security_control', 'ai_operation']),
    {
      actor: { user: user(by, by_name) },
      ai_agent: { uid: id, name: id, type_id: 99, type },
      entity: { uid: event.decision_id, type_id: 99, type: 'Approval Request', version: String(event.version), data },
    },
    ...refusedBreak(fact),
  );
}
