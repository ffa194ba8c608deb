import type { EventType } from '@countersign/approval';
import { readFileSync } from 'node:fs';
import type { AgentFactType } from './agent-events.js';
import type { GateFactType } from './gate-events.js';
import type { CredentialFactType } from './credential-events.js';
import type { SeatFactType } from './seat-events.js';
import type { PeopleFactType } from './people-events.js';
import type { PolicyFactType } from './policy-events.js';

// The shapes of events as JSON Schema (2020-12), for those who read the topic without our types. Each is closed: a member
// that is not described is not there.

/** A JSON Schema document. */
export type JsonSchema = { $id: string; title: string; description: string } & Record<string, unknown>;

/** A fact about a decision, about the gate itself, or about people. */
export type RecordedType =
  EventType | PolicyFactType | GateFactType | SeatFactType | AgentFactType | PeopleFactType | CredentialFactType;

/** Every event type there is. The compiler holds the list and the rules to each other. */
const TYPES = Object.keys({
  'decision.allowed': true,
  'decision.denied': true,
  'decision.held': true,
  'decision.repeated': true,
  'vote.cast': true,
  'vote.refused': true,
  'vote.retracted': true,
  'approval.reminded': true,
  'approval.escalated': true,
  'decision.approved': true,
  'decision.rejected': true,
  'decision.expired': true,
  'decision.withdrawn': true,
  'decision.revoked': true,
  'decision.stopped': true,
  'session.drawn': true,
  'session.ended': true,
  'session.expired': true,
  'decision.broke_glass': true,
  'break_glass.refused': true,
  'review.opened': true,
  'review.overdue': true,
  'review.closed': true,
  'grant.redeemed': true,
  'grant.refused': true,
  'grant.expired': true,
  'outcome.reported': true,
  'policy.uploaded': true,
  'policy.activated': true,
  'policy.serving': true,
  'policy.load_failed': true,
  'gate.stopped': true,
  'gate.resumed': true,
  'seat.delegated': true,
  'seat.delegation_ended': true,
  'agent.flooding': true,
  'person.provisioned': true,
  'person.changed': true,
  'person.removed': true,
  'group.changed': true,
  'token.issued': true,
  'token.revoked': true,
  'person.signed_in': true,
  'person.signed_out': true,
  'account.linked': true,
  'account.unlinked': true,
} satisfies Record<RecordedType, true>);

export const EVENT_TYPES: readonly RecordedType[] = TYPES as RecordedType[];

/** The id of the schema that describes a whole event, envelope and data. */
export const EVENT_SCHEMA = 'urn:countersign:v1:envelope';

/** The schema of the data of one type of event. */
export function dataSchema(type: RecordedType): string {
  return `urn:countersign:v1:${type}`;
}

/** All schemas, to be given to a validator together: they refer to each other by id. */
export function eventSchemas(): JsonSchema[] {
  return ['parts', 'envelope', ...EVENT_TYPES].map(
    // Beside src and beside dist alike.
    (name) => JSON.parse(readFileSync(new URL(`../schemas/${name}.json`, import.meta.url), 'utf8')) as JsonSchema,
  );
}
