import type { Envelope, PolicyFact, PolicyFactType, RecordedChanges } from '@countersign/contract';
import { base, severity, status, user } from './ocsf-parts.js';
import type { Activity, OcsfEvent, Position } from './ocsf-parts.js';

// Which policy the gate serves, as Entity Management (3004) of a policy.

const CREATE = { id: 1, name: 'Create' };
const ENABLE = { id: 8, name: 'Enable' };
const SERVE = { id: 99, name: 'Serve' };

const TYPES = Object.keys({
  'policy.uploaded': true,
  'policy.activated': true,
  'policy.serving': true,
  'policy.load_failed': true,
} satisfies Record<PolicyFactType, true>);

export function isPolicyFact(type: string): boolean {
  return TYPES.includes(type);
}

/** The OCSF events for a fact about the gate itself. Throws a TypeError when members are missing. */
export function policyToOcsf(event: Envelope, at: Position): OcsfEvent[] {
  const fact = { type: event.type, ...event.data } as PolicyFact;
  const managed = (activity: Activity, data: OcsfEvent, ...parts: OcsfEvent[]): OcsfEvent[] => [
    Object.assign(
      base(event, at, 3004, activity, ['security_control']),
      { actor: { app_name: 'Countersign' }, entity: entity(fact.revision, data) },
      ...parts,
    ),
  ];
  switch (fact.type) {
    case 'policy.uploaded': {
      const data = { author: fact.author, size: fact.size, ...digests(fact) };
      const actor = { actor: { user: user(fact.author, fact.author_name) } };
      return managed(CREATE, data, actor, severity(1), status(1, fact.changes.summary), comment(fact.note));
    }
    case 'policy.activated': {
      const { author, previous, rollback, decision_id } = fact;
      const data = { author, previous, rollback, decision_id, ...digests(fact) };
      const actor = { actor: { user: user(fact.by, fact.by_name) } };
      return managed(ENABLE, data, actor, severity(3), status(1, fact.changes.summary), comment(fact.reason));
    }
    case 'policy.serving': {
      const data = { previous: fact.previous, source: fact.source, location: fact.location };
      return managed(SERVE, data, severity(1), status(1, `served by ${event.source}`));
    }
    case 'policy.load_failed':
      // An alarm: the gate decides by a policy that it was told to leave.
      return managed(ENABLE, { location: fact.location }, severity(4), status(2, `${fact.code}: ${fact.message}`));
  }
}

function entity(revision: string | undefined, data: OcsfEvent): OcsfEvent {
  return { type_id: 5, type: 'Policy', name: 'countersign', ...(revision ? { uid: revision } : {}), data };
}

function digests({ archive_digest, changes }: { archive_digest: string; changes: RecordedChanges }): OcsfEvent {
  return { archive_digest, changes };
}

function comment(text: string | undefined): OcsfEvent {
  return text ? { comment: text } : {};
}
