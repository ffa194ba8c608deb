import type { DecisionEvent } from '@countersign/approval';
import type {
  AgentFact,
  CredentialFact,
  Envelope,
  GateFact,
  PeopleFact,
  PolicyFact,
  RecordedType,
  SeatFact,
} from '@countersign/contract';
import { digestOf } from '@countersign/ledger';
import { describe, expect, test } from 'vitest';
import { toOcsf } from './ocsf.js';
import { apiActivity } from './ocsf-parts.js';

type Fact<T extends RecordedType> = Omit<
  Extract<DecisionEvent | PolicyFact | GateFact | SeatFact | PeopleFact | AgentFact | CredentialFact, { type: T }>,
  'type'
>;

const answered = {
  request: {
    subject: { type: 'agent', id: 'release-bot' },
    principal: 'sam@acme.example',
    action: { name: 'db.delete', properties: { rows: 500 } },
    resource: { type: 'table', id: 'prod.orders' },
    submitted_by: 'edge-gateway',
    request_id: 'req-1',
  },
  agent: { owner: 'sam@acme.example', groups: ['ci'] },
  action_digest: 'd'.repeat(43),
  reasons: [{ rule: 'bulk-delete', text: 'deletes 500 rows' }],
  risk: { level: 'high' as const, score: 70, factors: ['bulk-delete'] },
  policy: { revision: 'sha256:abc' },
};
const held: Fact<'decision.held'> = {
  ...answered,
  obligations: [],
  approval: {
    seats: [{ group: 'dba', count: 1 }],
    expires_in_s: 900,
    reason_required: false,
    channels: [],
    redact: [],
    exclude: [],
    step_up: false,
  },
  expires_at: '2026-11-20T10:15:00.000Z',
  excluded: [],
  asked: [],
  destinations: [],
  grant: { expires_in_s: 300, uses: 1 },
};
const grant = { id: 'grt_1', expires_at: '2026-11-20T10:20:00.000Z', uses: 1 };
const bundle = {
  revision: 'sha256:new',
  author: 'sam@acme.example',
  archive_digest: 'a'.repeat(43),
  changes: { from: 'sha256:old', summary: '1 rule removed', packages: [], data_changed: false, code_changed: true },
};
const kim = { person: 'kim@acme.example', name: 'Kim Ode', by: 'scim' };
const dana = { by: 'dana@acme.example', by_name: 'Dana Ito' };
const danaActs = { user: { uid: 'dana@acme.example', name: 'Dana Ito' } };
const AT = '2026-11-21T10:00:00.000Z';

// Every event type there is, with what a SIEM must see of it.
const FACTS: { [T in RecordedType]: { data: Fact<T>; sees: Record<string, unknown>[] } } = {
  'decision.allowed': {
    data: { ...answered, obligations: [] },
    sees: [{ type_uid: 600304, action_id: 1, disposition_id: 1, status_id: 1 }],
  },
  'decision.denied': {
    data: answered,
    sees: [{ type_uid: 600304, action_id: 2, disposition_id: 26, status_id: 2, severity_id: 4 }],
  },
  'decision.held': {
    data: held,
    sees: [
      { type_uid: 600304, action_id: 4, disposition_id: 14, status_id: 99, status: 'Pending approval' },
      { type_uid: 300401, entity: expect.objectContaining({ type_id: 99, type: 'Approval Request' }) },
    ],
  },
  'decision.repeated': { data: {}, sees: [{ type_uid: 600304, disposition_id: 14, status_id: 99 }] },
  'session.drawn': {
    data: {
      decision_id: 'dec_2',
      action_digest: 'd',
      use: 2,
      amounts: [{ pointer: '/action/properties/rows', amount: 5 }],
    },
    sees: [
      {
        type_uid: 300403,
        status_detail: 'a further action was allowed',
        entity: expect.objectContaining({ data: expect.objectContaining({ decision_id: 'dec_2', use: 2 }) }),
      },
    ],
  },
  'session.expired': {
    data: { unused: 2 },
    sees: [{ type_uid: 300403, status_detail: 'the session approval has expired' }],
  },
  'session.ended': {
    data: { by: 'dana@acme.example', by_name: 'Dana Ito', reason: 'a mistake' },
    sees: [{ type_uid: 300403, severity_id: 3, disposition_id: 24, comment: 'a mistake' }],
  },
  'vote.retracted': {
    data: { voter: 'dana@acme.example', channel: 'slack' },
    sees: [{ type_uid: 300403, status_detail: 'vote taken back', actor: { user: { uid: 'dana@acme.example' } } }],
  },
  'approval.reminded': { data: {}, sees: [{ type_uid: 300403, status_id: 1 }] },
  'approval.escalated': {
    data: { seats: [{ group: 'security', count: 1 }], asked: [], destinations: [] },
    sees: [{ type_uid: 300403, status_id: 1, severity_id: 2 }],
  },
  'vote.cast': {
    data: {
      voter: 'dana@acme.example',
      voter_name: 'Dana Ito',
      vote: 'approve',
      groups: ['dba'],
      channel: 'slack',
      reason: 'in window',
    },
    sees: [
      {
        type_uid: 300403,
        disposition_id: 8,
        comment: 'in window',
        actor: { user: { uid: 'dana@acme.example', name: 'Dana Ito' } },
      },
    ],
  },
  'vote.refused': {
    data: { voter: 'sam@acme.example', vote: 'approve', because: 'owner', channel: 'teams' },
    sees: [{ type_uid: 300403, action_id: 2, disposition_id: 26, status_id: 2, status_detail: 'owner' }],
  },
  'decision.approved': {
    data: { approvers: [{ id: 'dana@acme.example', name: 'Dana Ito', seat: 'dba' }], grant },
    sees: [{ type_uid: 300403, disposition_id: 8 }],
  },
  'decision.rejected': {
    data: { ...dana, reason: 'not now' },
    sees: [{ type_uid: 300403, action_id: 2, disposition_id: 25, comment: 'not now' }],
  },
  'decision.expired': { data: {}, sees: [{ type_uid: 300411 }] },
  'decision.withdrawn': {
    data: { by: 'release-bot', reason: 'obsolete' },
    sees: [{ type_uid: 300411, comment: 'obsolete' }],
  },
  'decision.revoked': {
    data: { ...dana, reason: 'incident' },
    sees: [{ type_uid: 300411, disposition_id: 24, comment: 'incident' }],
  },
  'decision.stopped': {
    data: { ...dana, reason: 'stolen key', stop: 'stp_1' },
    sees: [{ type_uid: 300411, action_id: 2, disposition_id: 25, comment: 'stolen key' }],
  },
  'decision.broke_glass': {
    data: {
      ...dana,
      reason: 'checkout is down',
      rule: 'db-incident',
      policy: { revision: 'sha256:abc' },
      grant,
      notified: ['security'],
      destinations: [],
    },
    sees: [
      {
        type_uid: 300403,
        severity_id: 4,
        status_detail: 'glass broken without approval',
        comment: 'checkout is down',
        entity: expect.objectContaining({ data: expect.objectContaining({ break_glass: true }) }),
      },
    ],
  },
  'break_glass.refused': {
    data: { ...dana, because: 'guardrail', reason: 'checkout is down', action_digest: 'd'.repeat(43) },
    sees: [
      {
        type_uid: 300403,
        severity_id: 4,
        action_id: 2,
        disposition_id: 26,
        status_id: 2,
        status_detail: 'breaking the glass was refused: guardrail',
        comment: 'checkout is down',
        actor: danaActs,
        entity: expect.objectContaining({ data: expect.objectContaining({ break_glass: true }) }),
      },
    ],
  },
  'review.opened': {
    data: { groups: ['security'], due_at: '2026-11-21T10:00:00.000Z', excluded: [] },
    sees: [{ type_uid: 300403, severity_id: 3 }],
  },
  'review.overdue': { data: {}, sees: [{ type_uid: 300403, severity_id: 4, status_id: 2 }] },
  'review.closed': {
    data: { ...dana, finding: 'not_justified', comment: 'it could wait' },
    sees: [{ type_uid: 300403, severity_id: 4, comment: 'it could wait' }],
  },
  'grant.redeemed': {
    data: { grant_id: 'grt_1', by: 'release-bot', policy: { revision: 'sha256:abc' } },
    sees: [{ type_uid: 600304, disposition_id: 1 }],
  },
  'grant.refused': {
    data: { by: 'release-bot', because: 'used' },
    sees: [{ type_uid: 600304, disposition_id: 26, status_detail: 'used' }],
  },
  'grant.expired': { data: { grant_id: 'grt_1' }, sees: [{ type_uid: 300411 }] },
  'outcome.reported': {
    data: { by: 'release-bot', success: false, summary: 'timeout' },
    sees: [{ type_uid: 600304, status_id: 2, severity_id: 4, status_detail: 'timeout' }],
  },
  'policy.uploaded': {
    data: {
      ...bundle,
      author_name: 'Sam Roe',
      note: 'asks a dba',
      size: 9,
      areas: ['db'],
    },
    sees: [
      {
        type_uid: 300401,
        actor: { user: { uid: 'sam@acme.example', name: 'Sam Roe' } },
        entity: expect.objectContaining({ type_id: 5, type: 'Policy', uid: 'sha256:new' }),
        comment: 'asks a dba',
      },
    ],
  },
  'policy.activated': {
    data: { ...bundle, ...dana, previous: 'sha256:old', rollback: false, decision_id: 'dec_1' },
    sees: [
      {
        type_uid: 300408,
        severity_id: 3,
        status_detail: '1 rule removed',
        actor: { user: { uid: 'dana@acme.example', name: 'Dana Ito' } },
        entity: expect.objectContaining({
          uid: 'sha256:new',
          data: expect.objectContaining({ author: 'sam@acme.example', previous: 'sha256:old', decision_id: 'dec_1' }),
        }),
      },
    ],
  },
  'policy.serving': {
    data: { revision: 'sha256:new', source: 'database', location: 'the database' },
    sees: [{ type_uid: 300499, status_detail: 'served by intake-1' }],
  },
  'policy.load_failed': {
    data: { location: '/etc/policies', code: 'policy-bundle', message: 'it holds no policy.wasm' },
    sees: [{ type_uid: 300408, severity_id: 4, status_id: 2, status_detail: 'policy-bundle: it holds no policy.wasm' }],
  },
  'seat.delegated': {
    data: {
      ...dana,
      to: 'ben@acme.example',
      to_name: 'Ben',
      group: 'dba',
      until: '2026-11-30T00:00:00.000Z',
      reason: 'away',
    },
    sees: [
      {
        type_uid: 300401,
        status_detail: 'handed to ben@acme.example until 2026-11-30T00:00:00.000Z',
        actor: { user: { uid: 'dana@acme.example', name: 'Dana Ito' } },
        comment: 'away',
      },
    ],
  },
  'seat.delegation_ended': {
    data: { by: 'dana@acme.example', to: 'ben@acme.example', group: 'dba' },
    sees: [{ type_uid: 300411, status_detail: 'back with its own person', actor: { app_name: 'Countersign' } }],
  },
  'gate.stopped': {
    data: { ...dana, scope: { agent: 'release-bot' }, reason: 'stolen key', security: true },
    sees: [
      {
        type_uid: 300401,
        severity_id: 4,
        status_detail: 'stopped: agent release-bot',
        actor: { user: { uid: 'dana@acme.example', name: 'Dana Ito' } },
        comment: 'stolen key',
      },
    ],
  },
  'gate.resumed': {
    data: { scope: { all: true } },
    sees: [
      {
        type_uid: 300411,
        severity_id: 3,
        status_detail: 'resumed: everything',
        actor: { app_name: 'Countersign' },
      },
    ],
  },
  'agent.flooding': {
    data: {
      agent: 'release-bot',
      owner: 'sam@acme.example',
      asks: 60,
      window_s: 3600,
      denied_since: '2026-11-20T14:00:00.000Z',
      accounts: [],
    },
    sees: [{ type_uid: 200401, severity_id: 3, is_alert: true, status: 'New' }],
  },
  'person.provisioned': {
    data: { ...kim, active: true, guest: false, attributes: ['active', 'userName'] },
    sees: [{ type_uid: 300101, user: { uid: 'kim@acme.example', name: 'Kim Ode' }, status_detail: 'active, userName' }],
  },
  'person.changed': {
    data: { ...kim, previous: 'k@acme.example', active: false, guest: false, attributes: ['active', 'userName'] },
    sees: [{ type_uid: 300105, activity_name: 'Disable', status_detail: 'was k@acme.example; active, userName' }],
  },
  'person.removed': { data: { ...kim }, sees: [{ type_uid: 300106, actor: { app_name: 'SCIM' } }] },
  'group.changed': {
    data: { group: 'dba', change: 'created', added: ['kim@acme.example'], removed: ['lee@acme.example'], by: 'scim' },
    sees: [
      { type_uid: 300606, group: { name: 'dba', uid: 'dec_1' } },
      { type_uid: 300603, user: { uid: 'kim@acme.example' } },
      { type_uid: 300604, user: { uid: 'lee@acme.example' } },
    ],
  },
  'token.issued': {
    data: { ...dana, person: 'dana@acme.example', name: 'laptop', scopes: ['vote'], expires_at: AT },
    sees: [{ type_uid: 300401, severity_id: 2, status_detail: 'token made: laptop', actor: danaActs }],
  },
  'token.revoked': {
    data: { ...dana, agent: 'release-bot', name: 'ci' },
    sees: [{ type_uid: 300404, status_detail: 'token taken back: ci', actor: danaActs }],
  },
  'person.signed_in': {
    data: {
      person: 'dana@acme.example',
      person_name: 'Dana Ito',
      issuer: 'https://login.acme.example',
      expires_at: AT,
    },
    sees: [{ type_uid: 300201, user: danaActs.user, message: 'signed in with https://login.acme.example' }],
  },
  'person.signed_out': {
    data: { ...dana, person: 'dana@acme.example' },
    sees: [{ type_uid: 300202, actor: danaActs }],
  },
  'account.linked': {
    data: {
      person: 'dana@acme.example',
      person_name: 'Dana Ito',
      channel: 'slack',
      account: 'T0ACME/U0DANA',
      account_name: 'dana',
      workspace: 'Acme',
    },
    sees: [{ type_uid: 300401, status_detail: 'link made: slack:T0ACME/U0DANA', actor: danaActs }],
  },
  'account.unlinked': {
    data: { ...dana, person: 'dana@acme.example', channel: 'slack', account: 'T0ACME/U0DANA' },
    sees: [{ type_uid: 300404, status_detail: 'link taken back: slack:T0ACME/U0DANA', actor: danaActs }],
  },
};

describe.each(Object.entries(FACTS))('%s', (type, { data, sees }) => {
  const opening = envelope('decision.held', held as unknown as Record<string, unknown>, 1);
  const first = type.startsWith('decision.') && 'request' in data;
  const event = envelope(type, data as Record<string, unknown>, first ? 1 : 2);
  const events = toOcsf(event, first ? event : opening, positionOf(event));

  test('says what happened in the class and numbers a SIEM knows', () => {
    expect(events).toEqual(sees.map((members) => expect.objectContaining(members)));
  });
  test.each(events.map((one, i) => [i, one] as const))('is valid OCSF (%i)', (_i, one) => requireValid(one, event));
  test('has an id of its own for each event made from it', () => {
    expect(new Set(events.map((one) => (one.metadata as { uid: string }).uid)).size).toBe(events.length);
  });
});

test('a vote to deny is a rejection', () => {
  const event = envelope('vote.cast', { voter: 'd', voter_name: 'D', vote: 'deny', groups: [], channel: 'cli' }, 2);
  expect(toOcsf(event, envelope('decision.held', { ...held }, 1), positionOf(event))[0]).toMatchObject({
    action_id: 2,
    disposition_id: 25,
    disposition: 'Rejected',
  });
});

test.each([
  ['by somebody who may not', 'break-glass-denied', 4],
  ['by somebody who forgot to say why', 'reason-required', 3],
])('an attempt to break the glass for what nobody asked says what was to be done, %s', (_, because, loud) => {
  const of = {
    subject: { type: 'agent', id: 'release-bot' },
    action: 'db.drop',
    resource: { type: 't', id: 'orders' },
  };
  const event = envelope('break_glass.refused', { ...dana, because, action_digest: 'd'.repeat(43), ...of }, 1);
  const [one] = toOcsf(event, event, positionOf(event));
  expect(one).toMatchObject({
    ...{ type_uid: 300401, severity_id: loud, actor: danaActs, ai_agent: { uid: 'release-bot' } },
    entity: { data: { action: 'db.drop', resource: 'orders', action_digest: 'd'.repeat(43) } },
  });
  requireValid(one!, event);
});

test('a quarantined message is an alert with a finding', () => {
  const event = envelope('ledger.quarantined', { sha256: 'ab', reason: 'not JSON' }, 1);
  const [finding] = toOcsf(event, event, positionOf(event));
  expect(finding).toMatchObject({ type_uid: 200401, is_alert: true, finding_info: { uid: event.id }, status: 'New' });
  expect(finding).not.toHaveProperty('ai_agent');
  requireValid(finding!, event);
});

test.each([
  ['of a type from a later version', envelope('decision.escalated', {}, 2)],
  ['without the members it should have', envelope('vote.cast', {}, 1)],
  ['about a stop, without the members it should have', envelope('gate.stopped', {}, 1)],
  ['about policy, without the members it should have', envelope('policy.activated', {}, 1)],
])('an event %s is passed on and never stops the stream', (_what, event) => {
  const [one] = toOcsf(event, undefined, positionOf(event));
  expect(one).toMatchObject({ class_uid: 0, type_uid: 99, activity_name: event.type, message: event.type });
});

test('arguments of an action do not leave the record', () => {
  const event = envelope('decision.held', { ...held }, 1);
  expect(JSON.stringify(toOcsf(event, event, positionOf(event)))).not.toContain('"rows"');
});

test.each([
  ['db.delete', 4],
  ['iam.grant', 1],
  ['customers.bulk_export', 2],
  ['deploy.scale', 3],
  ['payments.refund', 99],
])('%s is activity %i', (action, id) => expect(apiActivity(action).id).toBe(id));

const CAPTIONS: Record<string, Record<number, string>> = {
  severity: { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'Critical' },
  action: { 1: 'Allowed', 2: 'Denied', 4: 'Modified' },
  disposition: { 1: 'Allowed', 8: 'Approved', 14: 'Delayed', 24: 'Access Revoked', 25: 'Rejected', 26: 'Unauthorized' },
};
const REQUIRED: Record<number, string[]> = {
  0: [],
  2004: ['finding_info'],
  3001: ['user'],
  3002: ['user'],
  3004: ['entity'],
  3006: ['group'],
  6003: ['actor', 'api', 'src_endpoint'],
};

/** The rules of OCSF 1.9 that our events could break. */
function requireValid(one: Record<string, unknown>, event: Envelope): void {
  const {
    class_uid: uid,
    activity_id: activity,
    metadata,
  } = one as { class_uid: number; activity_id: number; metadata: { profiles: string[] } };
  expect(one.category_uid).toBe(Math.floor(uid / 1000));
  expect(one.type_uid).toBe(uid * 100 + activity);
  expect(one.time).toBe(Date.parse(event.at));
  expect(metadata).toMatchObject({
    version: '1.9.0',
    correlation_uid: event.decision_id,
    sequence: 7,
    product: { name: 'Countersign' },
  });
  for (const name of [...REQUIRED[uid]!, 'severity_id', 'activity_id']) expect(one).toHaveProperty(name);
  for (const [name, captions] of Object.entries(CAPTIONS)) {
    const id = one[`${name}_id`] as number | undefined;
    if (id !== undefined) expect(one[name], name).toBe(captions[id]);
  }
  if ('status_id' in one) expect(one.status).toEqual(expect.any(String));
  if ('action_id' in one || 'disposition_id' in one || 'policy' in one || 'is_alert' in one)
    expect(metadata.profiles).toContain('security_control');
  if ('ai_agent' in one) expect(metadata.profiles).toContain('ai_operation');
  if ('trace' in one) expect([uid, metadata.profiles]).toEqual([6003, expect.arrayContaining(['trace'])]);
  const { actor } = one as { actor?: { user?: { uid?: string; name?: string } } };
  if (actor?.user) expect(actor.user.uid ?? actor.user.name).toBeTruthy();
  expect(one.unmapped).toMatchObject({ ledger: { origin: 'example/ledger', index: 7, leaf_hash: '00'.repeat(32) } });
}

function envelope(type: string, data: Record<string, unknown>, version: number): Envelope {
  return {
    v: 1,
    id: `evt_${type}`,
    type,
    at: '2026-11-20T10:00:00.000Z',
    decision_id: 'dec_1',
    version,
    source: 'intake-1',
    seq: version,
    prev: '',
    trace_id: 'a'.repeat(32),
    data,
  };
}

function positionOf(event: Envelope) {
  const body = Buffer.from(JSON.stringify(event));
  expect(digestOf(body)).toHaveLength(43);
  return { origin: 'example/ledger', index: 7, leafHash: Buffer.alloc(32), body };
}
