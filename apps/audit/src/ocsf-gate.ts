import type { Envelope, GateFact, GateFactType, RecordedScope } from '@countersign/contract';
import { base, severity, status, user } from './ocsf-parts.js';
import type { OcsfEvent, Position } from './ocsf-parts.js';

// What people have stopped, as Entity Management (3004) of a stop: it is made, and it is put out of force.

const CREATE = { id: 1, name: 'Create' };
const DEACTIVATE = { id: 11, name: 'Deactivate' };

const TYPES = Object.keys({ 'gate.stopped': true, 'gate.resumed': true } satisfies Record<GateFactType, true>);

export function isGateFact(type: string): boolean {
  return TYPES.includes(type);
}

/** The OCSF events for a stop or its end. Throws a TypeError when members are missing. */
export function gateToOcsf(event: Envelope, at: Position): OcsfEvent[] {
  const fact = { type: event.type, ...event.data } as GateFact;
  const name = nameOf(fact.scope);
  const placed = fact.type === 'gate.stopped';
  const data = placed ? { scope: fact.scope, until: fact.until, security: fact.security } : { scope: fact.scope };
  const actor = fact.by === undefined ? { app_name: 'Countersign' } : { user: user(fact.by, fact.by_name) };
  return [
    {
      ...base(event, at, 3004, placed ? CREATE : DEACTIVATE, ['security_control']),
      // Somebody has pulled the brake: whoever watches should look now.
      ...severity(placed ? 4 : 3),
      ...status(1, `${placed ? 'stopped' : 'resumed'}: ${name}`),
      actor,
      entity: { uid: event.decision_id, type_id: 99, type: 'Stop', name, data },
      ...(fact.reason ? { comment: fact.reason } : {}),
    },
  ];
}

function nameOf({ agent, area }: RecordedScope): string {
  return agent ? `agent ${agent}` : area ? `area ${area}` : 'everything';
}
