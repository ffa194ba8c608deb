import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { hold, type Agent, type Verdict } from '@countersign/approval';
import { DecideRequestSchema } from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import { INPUT_SCHEMA, lostParts, recordedInput, type RecordedAsk } from '@countersign/policy/authoring';
import { describe, expect, it } from 'vitest';
import { People } from '../../../test/gate.js';
import { answerData, heldData } from './answers.js';
import { readAsk, type Asked } from './ask.js';
import { policyInput } from './policy-input.js';
import { requestText, wholeRequestText } from './recorded-request.js';

// What is replayed must be what was asked: the input that is made from the record equals the one that policy was given.

const directory = new People().current();
const CALLER = { kind: 'agent', id: 'release-bot', may_assert_subjects: false } as const;
const NOW = Date.parse('2026-02-28T23:59:59.987Z');
const HISTORY = canonicalize({ counters: { refunds: { subject: { '1h': { count: 2, sum: 0.1 } } } }, flow: {} });
const VERDICT: Verdict = {
  effect: 'allow',
  reasons: [{ rule: 'fine', text: 'is fine' }],
  risk: { level: 'low', score: 10, factors: [] },
  obligations: [],
  policy: { revision: 'sha256:0' },
};

type Init = Exclude<MessageInitShape<typeof DecideRequestSchema>, { $typeName: string }>;

function asked(more: Init = {}): Asked {
  const message = create(DecideRequestSchema, {
    action: { name: 'db.delete' },
    resource: { type: 'table', id: 'prod.orders' },
    ...more,
  });
  return readAsk(message, CALLER, directory, []);
}

function recorded(data: string): RecordedAsk {
  return {
    decision_id: 'dec_1',
    at: new Date(NOW).toISOString(),
    data: JSON.parse(data) as RecordedAsk['data'],
  };
}

const REQUESTS: [string, Asked][] = [
  ['the plainest request', asked()],
  [
    'arguments in any order',
    asked({ argumentsForm: { case: 'argumentsJson', value: '{"b":1e2,"a":[{"z":0,"y":"é\\n"}]}' } }),
  ],
  ['arguments as a structure', asked({ argumentsForm: { case: 'arguments', value: { rows: 5, ids: ['a'] } } })],
  [
    'a principal, a context and properties',
    asked({
      principal: 'lee "the" \u{1f600}@acme.example',
      contextForm: { case: 'contextJson', value: '{"session_id":"s1","ticket":null}' },
      resource: {
        type: 'table',
        id: 'prod.\\"orders"',
        propertiesForm: { case: 'propertiesJson', value: '{"type":"x","id":1}' },
      },
      justification: 'because',
      requestId: 'r1',
    }),
  ],
];

const agents: [string, (agent: Agent) => Agent][] = [
  ['as the directory has it', (agent) => agent],
  ['on probation', (agent) => ({ ...agent, trust: 'probation', groups: ['z', 'a'] })],
];

describe.each(REQUESTS)('%s', (_, request) => {
  describe.each(agents)('by an agent %s', (_, change) => {
    const agent = change(request.agent);
    it.each(['', HISTORY])('comes back from the record to the byte, with history "%s"', (history) => {
      const given = { principal: request.principal, nowMs: NOW, ...(history ? { history } : {}) };
      const told = policyInput(request, agent, given);
      const answered = answerData(VERDICT, agent, request.digest, requestText(request), { history });
      expect(recordedInput(recorded(answered))).toBe(told);
      const event = hold(
        {
          request: JSON.parse(wholeRequestText(request)) as never,
          ...{ agent, action_digest: request.digest, members: [], destinations: [] },
          verdict: { ...VERDICT, effect: 'require_approval', approval: TERMS },
          ...(history ? { history: JSON.parse(history) as Record<string, unknown> } : {}),
        },
        new Date(NOW).toISOString(),
      );
      expect(recordedInput(recorded(heldData(event)))).toBe(told);
    });
  });
});

const TERMS = {
  ...{ seats: [{ group: 'dba', count: 1 }], expires_in_s: 60, reason_required: false, step_up: false },
  ...{ channels: [], redact: [], exclude: [] },
};

it('a request that was too large to be recorded whole is known as such', () => {
  const large = asked({
    argumentsForm: { case: 'argumentsJson', value: JSON.stringify({ text: 'x'.repeat(50_000) }) },
  });
  const data = answerData(VERDICT, large.agent, large.digest, requestText(large));
  expect(lostParts(recorded(data))).toEqual(['action.properties']);
  expect(lostParts(recorded(answerData(VERDICT, large.agent, large.digest, requestText(asked()))))).toEqual([]);
});

/** Members that policy is told and its schema does not have: `policy check` would call them slips. */
function undescribed(value: unknown, schema: { properties?: Record<string, object> }, path: string): string[] {
  if (schema.properties === undefined || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const below = schema.properties![name];
    return below ? undescribed(member, below, `${path}.${name}`) : [`${path}.${name}`];
  });
}

it('the schema that policies are checked with has every member that policy is told', () => {
  const approval = canonicalize({ approved_at: '', approved_by: [], decision_id: '' });
  const seen = { at: '', action: '', resource: '', decision_id: '' };
  const history = canonicalize({ counters: {}, flow: { untrusted_read: seen, sensitive_read: seen } });
  for (const [, request] of REQUESTS) {
    const given = { principal: 'lee@acme.example', nowMs: NOW, history, approval };
    const told = policyInput(request, { ...request.agent, trust: 'probation' }, given);
    expect(undescribed(JSON.parse(told), INPUT_SCHEMA, 'input')).toEqual([]);
  }
});
