import type { Envelope, SeatFact, SeatFactType } from '@countersign/contract';
import { base, severity, status, user } from './ocsf-parts.js';
import type { OcsfEvent, Position } from './ocsf-parts.js';

// Seats that people hand to each other, as Entity Management (3004): a hand-over is made, and it ends.

const CREATE = { id: 1, name: 'Create' };
const DEACTIVATE = { id: 11, name: 'Deactivate' };

const TYPES = Object.keys({ 'seat.delegated': true, 'seat.delegation_ended': true } satisfies Record<
  SeatFactType,
  true
>);

export function isSeatFact(type: string): boolean {
  return TYPES.includes(type);
}

/** The OCSF events for a hand-over or its end. Throws a TypeError when members are missing. */
export function seatToOcsf(event: Envelope, at: Position): OcsfEvent[] {
  const fact = { type: event.type, ...event.data } as SeatFact;
  const { by, to, group } = fact;
  const name = group.concat(' seat of ', by);
  const made = fact.type === 'seat.delegated';
  const actor = made
    ? { user: user(by, fact.by_name) }
    : fact.ended_by === undefined
      ? { app_name: 'Countersign' }
      : { user: user(fact.ended_by) };
  return [
    {
      ...base(event, at, 3004, made ? CREATE : DEACTIVATE, ['security_control']),
      // Who may approve has changed.
      ...severity(2),
      ...status(
        1,
        made
          ? `handed to ${to}${fact.starts_at ? ` from ${fact.starts_at}` : ''} until ${fact.until}`
          : 'back with its own person',
      ),
      actor,
      entity: { uid: event.decision_id, type_id: 99, type: 'Delegation', name, data: { by, to, group } },
      ...(made && fact.reason ? { comment: fact.reason } : {}),
    },
  ];
}
