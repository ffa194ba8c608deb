import type { ActionRequest } from '@countersign/approval';
import type { Envelope } from '@countersign/contract';
import { digestOf } from '@countersign/ledger';

// The parts OCSF 1.9 events are made of. A numbered value and its text go together: a validator compares the text with the
// schema's caption, so both come from one table.

export type OcsfEvent = Record<string, unknown>;

/** Where the event stands in the ledger. */
export interface Position {
  origin: string;
  index: number;
  leafHash: Buffer;
  /** The exact bytes, whose digest goes along: whoever holds the event can match it. */
  body: Buffer;
}

const SEVERITY = { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'Critical' } as const;
const STATUS = { 1: 'Success', 2: 'Failure' } as const;
const ACTION = { 1: 'Allowed', 2: 'Denied', 4: 'Modified' } as const;
const DISPOSITION = {
  1: 'Allowed',
  8: 'Approved',
  14: 'Delayed',
  24: 'Access Revoked',
  25: 'Rejected',
  26: 'Unauthorized',
} as const;

export type Severity = keyof typeof SEVERITY;
export type Disposition = keyof typeof DISPOSITION;

const CLASSES = {
  0: { category: 0, name: 'Base Event' },
  2004: { category: 2, name: 'Detection Finding' },
  3001: { category: 3, name: 'Account Change' },
  3002: { category: 3, name: 'Authentication' },
  3004: { category: 3, name: 'Entity Management' },
  3006: { category: 3, name: 'Group Management' },
  6003: { category: 6, name: 'API Activity' },
} as const;

const CATEGORIES = {
  0: 'Uncategorized',
  2: 'Findings',
  3: 'Identity & Access Management',
  6: 'Application Activity',
} as const;

export type ClassUid = keyof typeof CLASSES;

export interface Activity {
  id: number;
  name: string;
}

/** What every OCSF event has. `suffix` tells apart two events made from one of ours. */
export function base(
  event: Envelope,
  at: Position,
  classUid: ClassUid,
  activity: Activity,
  profiles: string[],
  suffix = '',
): OcsfEvent {
  const { category, name } = CLASSES[classUid];
  return {
    metadata: {
      version: '1.9.0',
      product: { name: 'Countersign', vendor_name: 'Countersign' },
      profiles,
      uid: event.id + suffix,
      correlation_uid: event.decision_id,
      event_code: event.type,
      // Counts entries, so it is exact as a number for longer than any ledger lasts.
      sequence: at.index,
      log_name: at.origin,
    },
    category_uid: category,
    category_name: CATEGORIES[category],
    class_uid: classUid,
    class_name: name,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: classUid * 100 + activity.id,
    type_name: `${name}: ${activity.name}`,
    time: Date.parse(event.at),
    raw_data_hash: {
      algorithm_id: 3,
      algorithm: 'SHA-256',
      value: Buffer.from(digestOf(at.body), 'base64url').toString('hex'),
    },
    unmapped: {
      ledger: { origin: at.origin, index: at.index, leaf_hash: at.leafHash.toString('hex') },
      countersign: { type: event.type, version: event.version, source: event.source, source_seq: event.seq },
    },
  };
}

export function severity(id: Severity): OcsfEvent {
  return { severity_id: id, severity: SEVERITY[id] };
}

export function severityOf(risk: { level: string } | undefined): OcsfEvent {
  return severity(({ low: 2, medium: 3, high: 4, critical: 5 } as Record<string, Severity>)[risk?.level ?? ''] ?? 1);
}

export function status(id: keyof typeof STATUS, detail?: string): OcsfEvent {
  return { status_id: id, status: STATUS[id], ...(detail ? { status_detail: detail } : {}) };
}

/** Only valid with the security_control profile. */
export function control(action: keyof typeof ACTION, disposition: Disposition): OcsfEvent {
  return {
    action_id: action,
    action: ACTION[action],
    disposition_id: disposition,
    disposition: DISPOSITION[disposition],
  };
}

/** The verb of an action as an API activity; its last segment is what is done. */
export function apiActivity(action: string): Activity {
  const verb = action.split(/[._]/).at(-1) ?? '';
  if (/^(create|add|insert|grant|invite|launch|provision|new)$/.test(verb)) return { id: 1, name: 'Create' };
  if (/^(read|get|list|select|query|export|download|search|view)$/.test(verb)) return { id: 2, name: 'Read' };
  if (/^(update|set|edit|change|modify|patch|scale|rotate|alter|apply)$/.test(verb)) return { id: 3, name: 'Update' };
  if (/^(delete|drop|remove|revoke|truncate|purge|destroy|terminate)$/.test(verb)) return { id: 4, name: 'Delete' };
  return { id: 99, name: action };
}

/** The agent, what it calls and from where, for API Activity. Arguments stay in the record and are not spread from here. */
export function attempt(request: ActionRequest): OcsfEvent {
  const { subject, action, resource, principal } = request;
  return {
    actor: {
      app_uid: subject.id,
      ...(principal ? { user: { uid: principal } } : {}),
      ...(request.submitted_by ? { invoked_by: request.submitted_by } : {}),
    },
    ...agent(request),
    api: { operation: action.name, ...(request.request_id ? { request: { uid: request.request_id } } : {}) },
    resources: [{ uid: resource.id, type: resource.type }],
    src_endpoint: { name: subject.id },
  };
}

/** Only valid with the ai_operation profile. */
export function agent(request: ActionRequest): OcsfEvent {
  return { ai_agent: { uid: request.subject.id, name: request.subject.id, type_id: 99, type: request.subject.type } };
}

export function user(id: string, name?: string): OcsfEvent {
  return { uid: id, ...(name ? { name } : {}) };
}

/** What people answer: it has the decision's id. */
export function approvalRequest(event: Envelope, data: OcsfEvent = {}): OcsfEvent {
  return {
    entity: { uid: event.decision_id, type_id: 99, type: 'Approval Request', version: String(event.version), data },
  };
}
