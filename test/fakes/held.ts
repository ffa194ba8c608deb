import type { DecisionEvent, DecisionHeld } from '@countersign/approval';
import type { AgentFact } from '@countersign/contract';
import type { Message } from '@countersign/bus';

/** The fact that a request was held, with what matters to a test replaced. */
export function heldEvent(change: Partial<DecisionHeld> = {}): DecisionHeld {
  return {
    type: 'decision.held',
    request: {
      subject: { type: 'agent', id: 'release-bot' },
      principal: 'lee@acme.example',
      action: {
        name: 'db.delete',
        properties: { rows: 12480, sql: "DELETE FROM orders WHERE created_at < '2024-01-01'" },
      },
      resource: { type: 'table', id: 'prod.orders' },
      context: { session_id: 'run-77' },
      justification: 'cleaning up duplicates after migration',
    },
    agent: { owner: 'sam@acme.example', owner_name: 'Sam Okoye', groups: ['ci'] },
    action_digest: '9f3ac210AbCdEfGhIjKlMnOpQrStUvWxYz0123456_-',
    reasons: [{ rule: 'bulk-delete', text: 'deletes 12480 rows in prod.orders' }],
    risk: { level: 'high', score: 70, factors: ['bulk-delete'] },
    policy: { revision: 'r1' },
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
    expires_at: '2026-11-21T14:20:00.000Z',
    excluded: [{ id: 'sam@acme.example', because: 'owner' }],
    asked: [{ id: 'dana@acme.example', name: 'Dana Ito', groups: ['dba'] }],
    destinations: [{ channel: 'slack', address: 'C0DBA', group: 'dba' }],
    grant: { expires_in_s: 300, uses: 1 },
    ...change,
  };
}

export const DANA_APPROVES: DecisionEvent = {
  type: 'vote.cast',
  voter: 'dana@acme.example',
  voter_name: 'Dana Ito',
  vote: 'approve',
  groups: ['dba'],
  channel: 'slack',
};
export const APPROVED: DecisionEvent = {
  type: 'decision.approved',
  approvers: [{ id: 'dana@acme.example', name: 'Dana Ito', seat: 'dba' }],
  grant: { id: 'grant_1', expires_at: '2026-11-21T14:25:00.000Z', uses: 1 },
};

/** An event as the bus carries it. */
export function recorded(id: string, version: number, { type, ...data }: DecisionEvent | AgentFact): Message {
  const envelope = {
    v: 1,
    id: `evt_${id}_${version}`,
    type,
    at: new Date(Date.UTC(2026, 10, 21, 14, 0, version)).toISOString(),
    decision_id: id,
    version,
    source: 'test/1',
    seq: version,
    prev: '',
    data,
  };
  return { key: id, value: Buffer.from(JSON.stringify(envelope)), headers: {} };
}
