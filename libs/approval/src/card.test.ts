import { describe, expect, it } from 'vitest';
import {
  act,
  allowed,
  ANA,
  approved,
  BEN,
  DANA,
  deny,
  fold,
  later,
  pending,
  person,
  play,
  redeeming,
  REQUEST,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import { renderCard, type Card } from './card.js';
import type { ActionRequest, JsonObject } from './request.js';
import type { Decision } from './state.js';

const two = terms({
  seats: [
    { group: 'dba', count: 1 },
    { group: 'finance', count: 1 },
  ],
});
const asking = (name: string, properties?: JsonObject, more: Partial<ActionRequest> = {}) =>
  renderCard(pending({ request: { ...REQUEST, action: { name, ...(properties ? { properties } : {}) }, ...more } }));
const textsOf = (card: Card) => [
  card.headline,
  card.who,
  ...card.why,
  card.payload,
  card.agent_says ?? '',
  card.outcome ?? '',
  card.progress ?? '',
  card.needs,
  card.notice,
];

const HOSTILE = `\u202Eevil\u200B\u001b[2J<!channel> [x](https://evil.example) \u00A0${'\n'.repeat(2000)}${' '.repeat(2000)}${'A'.repeat(100_000)}\u2066THE END`;
const UNSEEN = /[\u202E\u200B\u001b\u00A0\u2066]/;

describe('the headline is made from canonical values', () => {
  it.each<[string, JsonObject | undefined, string]>([
    ['db.read', {}, 'Read prod.orders'],
    ['db.read', { rows: 12480 }, 'Read 12,480 rows of prod.orders'],
    ['db.delete', { rows: 12480 }, 'Delete 12,480 rows from prod.orders'],
    ['db.delete', { rows: '12480.5' }, 'Delete 12,480.5 rows from prod.orders'],
    ['db.delete', { rows: 'a few' }, 'Delete an unknown number of rows from prod.orders'],
    ['db.delete', { rows: '9'.repeat(100_000) }, 'Delete an unknown number of rows from prod.orders'],
    ['db.update', { rows: 1e21 }, 'Update 1e+21 rows in prod.orders'],
    ['db.update', undefined, 'Update an unknown number of rows in prod.orders'],
    ['db.drop', {}, 'Drop prod.orders'],
    ['db.truncate', {}, 'Empty prod.orders'],
    ['db.migrate', {}, 'Change the schema of prod.orders'],
    ['data.export', { rows: 5, destination: 's3://x' }, 'Export 5 rows of prod.orders to s3://x'],
    ['data.export', {}, 'Export an unknown number of rows of prod.orders to an unnamed place'],
    ['infra.apply', {}, 'Apply infrastructure changes to prod.orders'],
    ['infra.destroy', {}, 'Destroy prod.orders'],
    ['iam.grant', { role: 'admin', member: 'eve' }, 'Grant admin to eve on prod.orders'],
    ['iam.grant', {}, 'Grant a role to an unnamed member on prod.orders'],
    ['iam.revoke', { role: 'admin', member: 'eve' }, 'Take admin from eve on prod.orders'],
    ['iam.revoke', { role: 5, member: [6] }, 'Take a role from an unnamed member on prod.orders'],
    ['payments.refund', { amount: '40000.00', currency: 'EUR' }, 'Refund 40,000.00 EUR on prod.orders'],
    ['payments.refund', {}, 'Refund an unknown amount on prod.orders'],
    ['payments.transfer', { amount: 1, to: 'x' }, 'Transfer 1 from prod.orders to x'],
    ['payments.transfer', {}, 'Transfer an unknown amount from prod.orders to an unnamed account'],
    ['messaging.send', { to: ['a', 'b'] }, 'Send a message to a, b'],
    ['messaging.send', {}, 'Send a message to prod.orders'],
    [
      'policy.activate',
      { author: 'sam', summary: '1 rule removed in db', rollback: false },
      'Activate policy prod.orders by sam: 1 rule removed in db',
    ],
    ['policy.activate', { rollback: true }, 'Go back to policy prod.orders by an unnamed author: unknown changes'],
    ['fs.format', {}, 'fs.format on table prod.orders (action not recognised)'],
    // Names that every object answers to.
    ['constructor', {}, 'constructor on table prod.orders (action not recognised)'],
    ['__proto__', {}, '__proto__ on table prod.orders (action not recognised)'],
  ])('%s', (name, properties, headline) => expect(asking(name, properties).headline).toBe(headline));

  it('with the environment that the resource names', () => {
    const resource = { type: 'table', id: 'orders', properties: { environment: 'production\u202E' } };
    expect(asking('db.drop', {}, { resource }).headline).toBe('Drop orders (production⟨U+202E⟩)');
  });

  it('with the beginning of a content address, which is what people compare', () => {
    const resource = { type: 'policy_bundle', id: `sha256:${'0123456789abcdef'.repeat(4)}` };
    const { headline } = asking('policy.activate', { author: 'sam', summary: 'data changed' }, { resource });
    expect(headline).toBe('Activate policy sha256:0123456789ab… by sam: data changed');
  });

  it('never from the words of the agent', () => {
    const card = asking('db.drop', { headline: 'Read one row' }, { justification: 'Read one row' });
    expect(card.headline).toBe('Drop prod.orders');
    expect(card.agent_says).toBe('Read one row');
  });
});

describe('hostile text is inert in every place of a card', () => {
  const hostile: Record<string, Decision> = {
    subject: pending({ request: { ...REQUEST, subject: { type: 'agent', id: HOSTILE } } }),
    principal: pending({ request: { ...REQUEST, principal: HOSTILE } }),
    'submitted by': pending({ request: { ...REQUEST, submitted_by: HOSTILE } }),
    'resource id': pending({ request: { ...REQUEST, resource: { type: 'table', id: HOSTILE } } }),
    'resource type': pending({ request: { ...REQUEST, action: { name: 'x' }, resource: { type: HOSTILE, id: 'x' } } }),
    'action name': pending({ request: { ...REQUEST, action: { name: HOSTILE } } }),
    'argument value': pending({ request: { ...REQUEST, action: { name: 'x', properties: { a: HOSTILE } } } }),
    'argument name': pending({ request: { ...REQUEST, action: { name: 'x', properties: { [HOSTILE]: 1 } } } }),
    'nested argument': pending({
      request: { ...REQUEST, action: { name: 'x', properties: { a: [{ [HOSTILE]: HOSTILE }] } } },
    }),
    'templated argument': pending({
      request: { ...REQUEST, action: { name: 'messaging.send', properties: { to: [HOSTILE, HOSTILE] } } },
    }),
    currency: pending({
      request: { ...REQUEST, action: { name: 'payments.refund', properties: { amount: HOSTILE, currency: HOSTILE } } },
    }),
    session: pending({ request: { ...REQUEST, context: { session_id: HOSTILE, ticket: HOSTILE } } }),
    justification: pending({ request: { ...REQUEST, justification: HOSTILE } }),
    owner: pending({ agent: { id: 'a', owner: 'sam', owner_name: HOSTILE, groups: [] } }),
    reason: pending({ verdict: verdict({ reasons: [{ rule: HOSTILE, text: HOSTILE }] }) }),
    group: pending({
      members: [person('eve', [HOSTILE])],
      verdict: verdict({ approval: terms({ seats: [{ group: HOSTILE, count: 1 }] }) }),
    }),
    'name of the denier': act(pending(), deny({ ...DANA, name: HOSTILE }, HOSTILE)).decision,
    'name of the approver': act(pending(), vote({ ...DANA, name: HOSTILE }, { reason: HOSTILE })).decision,
    withdrawal: act(pending(), { type: 'withdraw', by: 'x', reason: HOSTILE }).decision,
    revocation: act(approved(), { type: 'revoke', by: { ...DANA, name: HOSTILE }, reason: HOSTILE }).decision,
    outcome: play(approved(), redeeming(), { type: 'report', by: 'x', success: false, summary: HOSTILE }).decision,
  };
  it.each(Object.entries(hostile))('%s', (_, decision) => {
    const card = renderCard(decision);
    for (const text of textsOf(card)) {
      expect(text).not.toMatch(UNSEEN);
      expect(text.length).toBeLessThan(2_500);
      expect(text.split('\n').length).toBeLessThan(45);
    }
    const all = textsOf(card).join('\n');
    expect(all).toContain('⟨U+202E⟩');
    // What is cut says so, and shows its end.
    expect(all).toMatch(/characters not shown … [^…]*(END|…|\})/u);
  });

  it('one line is one line, wherever it stands', () => {
    for (const decision of Object.values(hostile)) {
      const { payload: _, ...lines } = renderCard(decision);
      expect(JSON.stringify(lines)).not.toContain('\\n');
    }
  });
});

describe('who chooses names and lengths does not choose what is not read', () => {
  const payload = (properties: JsonObject) => asking('x', properties).payload;

  it('a value cannot begin a line like another argument does', () => {
    expect(payload({ note: 'hello\nrows: 1', rows: 12480 })).toBe('note: hello\n    rows: 1\nrows: 12480');
  });

  it('a name that could pass for more than a name is quoted', () => {
    expect(payload({ 'rows: 1, really': 5 })).toBe('"rows: 1, really": 5');
  });

  it('long neighbours do not push a short argument out of sight', () => {
    const long = 'x'.repeat(5_000);
    const text = payload({ a: long, b: long, cmd: 'rm -rf /', y: long, z: long });
    expect(text).toContain('\ncmd: rm -rf /\n');
    expect(text.match(/of 5,000 characters not shown/g)).toHaveLength(4);
    expect(text.length).toBeLessThan(2_200);
  });

  it('thousands of arguments are cut with both ends shown and counted', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${String(i).padStart(5, '0')}`, i]));
    const text = payload(many);
    expect(text.startsWith('k00000: 0\n')).toBe(true);
    expect(text.endsWith('\nk19999: 19999')).toBe(true);
    const shown = text.split('\n').filter((line) => line.startsWith('k')).length;
    expect(text).toContain(`… ${(20_000 - shown).toLocaleString('en')} of 20,000 arguments not shown …`);
    expect(text.length).toBeLessThan(2_500);
  });

  it('thousands of lines are cut in the middle and counted', () => {
    const text = payload({ sql: `SELECT 1;\n${'-- \n'.repeat(5_000)}DROP TABLE orders;` });
    expect(text.startsWith('sql: SELECT 1;\n')).toBe(true);
    expect(text.endsWith('DROP TABLE orders;')).toBe(true);
    expect(text).toContain('… 4,966 of 5,002 lines not shown …');
  });

  it('nothing asked with is said, not left blank', () => expect(payload({})).toBe('no arguments'));
});

describe('the card says what is true now', () => {
  it('and leads to the inbox, where there is one', () => {
    const decision = pending();
    expect(renderCard(decision).link).toBeUndefined();
    const { link } = renderCard(decision, { inbox: 'https://gate.acme.example/inbox' });
    expect(link).toBe(`https://gate.acme.example/inbox/${decision.id}`);
  });

  const waiting = pending({
    request: {
      ...REQUEST,
      context: { session_id: 'run-77', ticket: 'OPS-1' },
      submitted_by: 'gateway',
      justification: 'dup',
    },
    verdict: verdict({ approval: two }),
  });

  it('while it waits: who, for whom, why, how far, until when, and two buttons', () => {
    expect(renderCard(waiting)).toEqual({
      id: 'dec_1',
      status: 'PENDING',
      risk: '▲ HIGH RISK',
      needs: 'needs 1 dba + 1 finance',
      expires_at: later(900),
      headline: 'Delete 12,480 rows from prod.orders',
      who: 'release-bot, for lee (owner Sam) · session run-77 · ticket OPS-1 · through gateway',
      why: ['deletes more than 100 rows (bulk-delete)'],
      payload: 'rows: 12480',
      agent_says: 'dup',
      effect: 'Approving lets this exact call run once.',
      progress: '0 of 2 · dba, finance still open',
      actions: ['approve', 'deny'],
      reason_required: false,
      action_digest: waiting.action_digest,
      short_digest: 'n4bQ gYhM',
      notice: 'release-bot needs an approval (high risk)',
    });
    expect(renderCard(act(waiting, vote(DANA)).decision).progress).toBe('1 of 2 · finance still open');
  });

  it('an owner without a name is shown by id, and nobody is made up', () => {
    const { who } = renderCard(
      pending({ agent: { id: 'a', owner: 'sam', groups: [] }, request: { ...REQUEST, principal: undefined } }),
    );
    expect(who).toBe('release-bot (owner sam)');
  });

  it('two seats of one group are open until both are taken', () => {
    const seats = [
      { group: 'dba', count: 1 },
      { group: 'dba', count: 1 },
    ];
    const { decision } = act(pending({ verdict: verdict({ approval: terms({ seats }) }) }), vote(DANA));
    expect(renderCard(decision).progress).toBe('1 of 2 · dba still open');
  });

  const used = play(approved(), redeeming()).decision;
  it.each<[string, Decision, string]>([
    ['denied by policy', fold([{ ...asPolicy(), type: 'decision.denied' }])!, 'Denied by policy.'],
    ['denied by a person', act(waiting, deny(ANA)).decision, 'Denied by Ana: not today'],
    ['expired, unanswered', act(waiting, { type: 'expire' }, later(900)).decision, 'Expired: nobody answered.'],
    [
      'expired, half answered',
      act(act(waiting, vote(DANA)).decision, { type: 'expire' }, later(900)).decision,
      'Expired: too few answered.',
    ],
    [
      'expired, unused',
      act(approved(), { type: 'expire' }, later(900)).decision,
      'Approved by Dana in api, 14:00 UTC, after 1 s. Expired: it was not used.',
    ],
    ['withdrawn', act(waiting, { type: 'withdraw', by: 'x' }).decision, 'Withdrawn by the agent.'],
    [
      'withdrawn with a reason',
      act(waiting, { type: 'withdraw', by: 'x', reason: 'moot' }).decision,
      'Withdrawn by the agent: moot',
    ],
    ['revoked', act(approved(), { type: 'revoke', by: BEN, reason: 'incident' }).decision, 'Revoked by Ben: incident'],
    ['allowed outright', allowed(), 'Allowed by policy.'],
    [
      'approved',
      act(pending(), vote(DANA, { reason: 'window open', channel: 'teams' }), later(61)).decision,
      'Approved by Dana in Teams, 14:01 UTC, after 61 s: window open.',
    ],
    [
      'approved by two',
      play(waiting, vote(DANA), vote(ANA)).decision,
      'Approved by Dana in api, 14:00 UTC, after 1 s; Ana in api, 14:00 UTC, after 2 s.',
    ],
    ['used', used, 'Approved by Dana in api, 14:00 UTC, after 1 s. The grant was used; no outcome has been reported.'],
    [
      'ran',
      act(used, { type: 'report', by: 'x', success: true, summary: '12,480 rows' }).decision,
      'Approved by Dana in api, 14:00 UTC, after 1 s. Ran 14:00 UTC: 12,480 rows.',
    ],
    [
      'failed',
      act(used, { type: 'report', by: 'x', success: false }).decision,
      'Approved by Dana in api, 14:00 UTC, after 1 s. Failed 14:00 UTC.',
    ],
  ])('%s: it says so, and the buttons are gone', (_, decision, outcome) => {
    const card = renderCard(decision);
    expect(card.outcome).toBe(outcome);
    expect(card.actions).toEqual([]);
    expect(card.expires_at).toBeUndefined();
    expect(card.effect).toBeUndefined();
    expect(card.notice).toBe(`release-bot request is ${decision.status.toLowerCase()} (high risk)`);
  });

  it('a notice for a lock screen carries no payload', () => {
    const { notice } = asking('db.delete', { rows: 424242, password: 'hunter2' });
    expect(notice).toBe('release-bot needs an approval (high risk)');
  });

  it('risk is a word and a symbol', () => {
    const risks = (['low', 'medium', 'high', 'critical'] as const).map(
      (level) => renderCard(pending({ verdict: verdict({ risk: { level, score: 1, factors: [] } }) })).risk,
    );
    expect(risks).toEqual(['● LOW RISK', '◆ MEDIUM RISK', '▲ HIGH RISK', '■ CRITICAL RISK']);
  });
});

function asPolicy() {
  const { request, agent, action_digest, reasons, risk, policy } = pending();
  return { request, agent, action_digest, reasons, risk, policy };
}
