import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeSlack, type SlackMessage } from '../../../../test/fakes/index.js';
import { evolve, renderCard } from '@countersign/approval';
import { canonicalize, digestOf } from '@countersign/ledger';
import { actionsOf, readBlocks } from '../../../../test/fakes/block-kit.js';
import { APPROVED, DANA_APPROVES, heldEvent, recorded } from '../../../../test/fakes/held.js';
import { startNotifier, type RunningNotifier } from '../../../../test/fakes/notifier.js';
import { until } from '../../../../test/until.js';

const DANA = { id: 'U0DANA', team: 'T0ACME' };
let slack: FakeSlack;
let notifier: RunningNotifier;
let url: string;

beforeEach(async () => {
  slack = await new FakeSlack().start();
  notifier = await startNotifier({
    inbox: 'https://gate.example/inbox',
    slack: { token: slack.token, signingSecrets: [slack.signingSecret], apiUrl: slack.apiUrl, appId: slack.appId },
  });
  url = `${notifier.url}/slack/interactions`;
});

afterEach(async () => {
  await notifier.stop();
  await slack.stop();
});

const posted = (count = 1) =>
  until(`${count} messages`, () => (slack.messages.length >= count ? slack.messages.at(-1)! : undefined));
const noted = () => until('a private note', () => slack.notes[0]);
const asks = async (id = 'dec_1', change = {}): Promise<SlackMessage> => {
  await notifier.publish(id, 1, heldEvent(change));
  return posted();
};

test('people are asked where their group is, with the effect before the words of the agent', async () => {
  await asks();
  const [text] = slack.read('C0DBA');
  expect(text!.split('\n')[0]).toMatch(/^▲ HIGH RISK · needs 1 dba · expires 2026-11-21T14:20/);
  expect(text!.split('\n')[1]).toBe('Delete 12,480 rows from prod.orders');
  expect(text!.indexOf('DELETE FROM orders')).toBeLessThan(text!.indexOf('The agent says (not verified)'));
  expect(text).toContain('[Approve] [Deny…] [Full view]');
  expect(slack.messages[0]!.text).toBe('release-bot needs an approval (high risk)');
});

const HERE =
  (lines: Partial<Record<string, string[]>>) =>
  (_: string, { address }: { address: string }) => ({
    just_before: lines[address] ?? [],
    similar: ['In 30 days: 6 approved'],
  });

test('what it would do, what the session did before and what came of its like stand on the card', async () => {
  notifier.intake.beside = HERE({
    C0DBA: ['Read prod.orders: allowed, 13:58 UTC', 'Open OPS-311: allowed, 13:50 UTC'],
  });
  const risk = { level: 'high', score: 70, factors: ['bulk-delete', 'outside-change-window'] } as const;
  const context = { session_id: 'run-77', activity: ['read the runbook'] };
  const { request } = heldEvent();
  await asks('dec_1', { flow: ['irreversible'], risk, request: { ...request, context } });
  const lines = slack.read('C0DBA')[0]!.split('\n');
  const order = [
    /^▲ HIGH RISK/,
    /^Delete 12,480 rows/,
    /^release-bot, for lee/,
    /^Why it was held: deletes 12480 rows/,
    /^Impact: cannot be undone · risk also raised by outside-change-window$/,
    /^rows: 12480/,
    /^Just before: Read prod.orders: allowed, 13:58 UTC$/,
    /^Open OPS-311/,
    /^Similar: In 30 days: 6 approved$/,
    /^The agent says \(not verified\): cleaning up/,
    /^It says it did before \(not verified\): read the runbook$/,
    /^Approving lets this exact call run once\.$/,
    /^\[Approve\] \[Deny…\] \[Full view\]$/,
    /^dec_1 · 9f3a c210$/,
  ];
  const found = order.map((line) => lines.findIndex((text) => line.test(text)));
  expect(found).not.toContain(-1);
  expect(found).toEqual([...found].sort((a, b) => a - b));
});

test('the one link on a card leads to the inbox, and following it is no vote', async () => {
  const message = await asks();
  const link = actionsOf(message.blocks).find(({ url }) => url !== undefined)!;
  expect(link['url']).toBe('https://gate.example/inbox/dec_1');
  expect((await slack.click(url, message, 'Full view', DANA)).status).toBe(200);
  expect([notifier.votes, slack.notes]).toEqual([[], []]);
});

test('a vote goes with the digest of the card that its voter had before them', async () => {
  notifier.intake.beside = HERE({ C0OPS: ['Read payroll: allowed, 13:58 UTC'] });
  const destinations = ['C0DBA', 'C0OPS'].map((address) => ({ channel: 'slack' as const, address, group: 'dba' }));
  await asks('dec_1', { destinations });
  await posted(2);
  const [here, there] = ['C0DBA', 'C0OPS'].map((address) => slack.messages.find(({ channel }) => channel === address)!);
  expect(slack.read('C0DBA')[0]).not.toContain('payroll');
  await slack.click(url, here!, 'Approve', DANA);
  await slack.click(url, there!, 'Approve', DANA);
  const decision = evolve(undefined, JSON.parse(recorded('dec_1', 1, heldEvent({ destinations })).value.toString()));
  const digest = (just_before: string[]) => {
    const beside = { just_before, similar: ['In 30 days: 6 approved'] };
    return digestOf(canonicalize(renderCard(decision!, { beside, inbox: 'https://gate.example/inbox' })));
  };
  expect(notifier.votes.map(({ card_digest }) => card_digest)).toEqual([
    digest([]),
    digest(['Read payroll: allowed, 13:58 UTC']),
  ]);
  // The card of one conversation cannot be said to have been seen in another.
  const action = { action_id: 'countersign.approve', value: actionsOf(there!.blocks)[0]!['value'] };
  await slack.click(url, here!, 'Approve', DANA, { actions: [action] });
  expect((await noted()).text).toContain('out of date');
  expect(notifier.votes).toHaveLength(2);
});

test('people are asked although it is not known what stands beside, and the card says so', async () => {
  notifier.intake.beside = () => {
    throw new Error('intake is away');
  };
  const message = await asks();
  expect(slack.read('C0DBA')[0]).toContain('Similar: could not be looked up');
  notifier.intake.beside = HERE({});
  await notifier.publish('dec_1', 2, { ...DANA_APPROVES, vote: 'deny' } as typeof DANA_APPROVES);
  await until('the look that worked', () => slack.read('C0DBA')[0]!.includes('Similar: In 30 days'));
  const { looks } = notifier.intake;
  await notifier.publish('dec_1', 3, { type: 'decision.expired' });
  await until('the end', () => slack.read('C0DBA')[0]!.includes('Expired'));
  expect(notifier.intake.looks).toBe(looks);
  expect(slack.buttons(message)).toEqual(['Full view']);
});

test('an event that comes again does not ask again', async () => {
  await asks();
  await notifier.publish('dec_1', 1, heldEvent());
  await notifier.publish('dec_2', 1, heldEvent());
  await posted(2);
  expect(slack.read('C0DBA')).toHaveLength(2);
});

test('groups that share a conversation are asked with one message', async () => {
  const destinations = ['dba', 'finance'].map((group) => ({ channel: 'slack' as const, address: 'C0DBA', group }));
  await asks('dec_1', { destinations: [...destinations, { channel: 'slack', address: 'C0OPS', group: 'ops' }] });
  await posted(2);
  expect(slack.read('C0DBA')).toHaveLength(1);
  expect(slack.read('C0OPS')).toHaveLength(1);
});

test('a decision that needs nobody says nothing to anybody', async () => {
  const { request, agent, action_digest, reasons, risk, policy } = heldEvent();
  await notifier.publish('dec_0', 1, {
    type: 'decision.allowed',
    request,
    agent,
    action_digest,
    reasons,
    risk,
    policy,
    obligations: [],
  });
  await asks('dec_1');
  expect(slack.messages).toHaveLength(1);
});

test('a click on Approve becomes the vote of the account that clicked, for what was on the card', async () => {
  const message = await asks();
  const response = await slack.click(url, message, 'Approve', DANA);
  expect(response.status).toBe(200);
  expect(notifier.votes).toEqual([
    {
      id: 'dec_1',
      vote: 'approve',
      seen_digest: heldEvent().action_digest,
      card_digest: expect.stringMatching(/^[\w-]{43}$/),
      account: { channel: 'slack', account: 'T0ACME/U0DANA' },
    },
  ]);
  expect(slack.notes).toHaveLength(0);
});

test('after the decision, made anywhere, the same message says what happened and has no buttons', async () => {
  const message = await asks();
  await notifier.publish('dec_1', 2, { ...DANA_APPROVES, channel: 'web' } as typeof DANA_APPROVES);
  await notifier.publish('dec_1', 3, APPROVED);
  await until('no buttons that vote', () => slack.buttons(message).join() === 'Full view');
  expect(slack.messages).toHaveLength(1);
  expect(slack.read('C0DBA')[0]).toContain('Approved by Dana Ito in web, 14:00 UTC');
});

test('Deny asks for a reason, and the reason goes with the vote', async () => {
  const message = await asks();
  await slack.click(url, message, 'Deny', DANA);
  expect(notifier.votes).toHaveLength(0);
  expect((await slack.submit(url, ' not in the change window ', DANA)).status).toBe(200);
  expect(notifier.votes).toMatchObject([{ id: 'dec_1', vote: 'deny', reason: 'not in the change window' }]);
});

test.each([[null], [''], ['  \n ']])('a denial without a reason is not possible: %j', async (reason) => {
  const message = await asks();
  await slack.click(url, message, 'Deny', DANA);
  const response = await slack.submit(url, reason, DANA);
  expect(await response.json()).toMatchObject({
    response_action: 'errors',
    errors: { 'countersign.reason': 'Please give a reason.' },
  });
  expect(notifier.votes).toHaveLength(0);
});

test('an approval that needs a reason asks for it', async () => {
  const message = await asks('dec_1', { approval: { ...heldEvent().approval, reason_required: true } });
  await slack.click(url, message, 'Approve', DANA);
  await slack.submit(url, 'ticket OPS-311', DANA);
  expect(notifier.votes).toMatchObject([{ vote: 'approve', reason: 'ticket OPS-311' }]);
});

const LEAVE = {
  approval: { ...heldEvent().approval, session: { count: 10, expires_in_s: 1_800, vary: [], limits: [] } },
};

test('leave for the session is given by whoever types how much of it they mean, and is on the card before', async () => {
  const message = await asks('dec_1', LEAVE);
  expect(slack.read('C0DBA')[0]).toContain('Approving for the session lets up to 10 more like it run within 30 min');
  expect(slack.buttons(message)).toEqual(['Approve', 'Approve for the session…', 'Deny…', 'Full view']);
  await slack.click(url, message, 'Approve for the session', DANA);
  expect(notifier.votes).toEqual([]);
  const { view } = slack.modals[0]!;
  expect(readBlocks(view['blocks'] as [])).toContain('only if everybody who approves gives it');
  expect(JSON.stringify(view)).not.toContain('initial_value');
  await slack.submit(url, null, DANA, { count: '5', minutes: '20' });
  expect(notifier.votes).toMatchObject([{ vote: 'approve', session: { count: 5, expires_in_s: 1_200 } }]);
  expect(notifier.votes[0]!.reason).toBeUndefined();
});

test.each([
  [{ count: '11', minutes: '20' }, ['countersign.count']],
  [{ count: '5', minutes: '31' }, ['countersign.minutes']],
  [{ count: '0', minutes: '' }, ['countersign.count', 'countersign.minutes']],
  [{ count: '1e1', minutes: '2.5' }, ['countersign.count', 'countersign.minutes']],
  [{}, ['countersign.count', 'countersign.minutes']],
])('leave of %j is more or less than policy lets, and no vote at all', async (numbers, fields) => {
  const message = await asks('dec_1', LEAVE);
  await slack.click(url, message, 'Approve for the session', DANA);
  const answer = (await (await slack.submit(url, null, DANA, numbers)).json()) as { errors: object };
  expect(Object.keys(answer.errors)).toEqual(fields);
  expect(notifier.votes).toEqual([]);
});

test('leave is offered and taken only where policy lets it be given, and a plain approval gives none', async () => {
  const plain = await asks();
  expect(slack.buttons(plain)).not.toContain('Approve for the session…');
  const [{ value }] = actionsOf(plain.blocks) as [{ value: string }];
  await slack.click(url, plain, 'Approve', DANA, { actions: [{ action_id: 'countersign.session', value }] });
  expect((await noted()).text).toContain('Nothing can be approved for the session');
  await notifier.publish('dec_2', 1, heldEvent({ ...LEAVE, expires_at: '2026-11-21T14:30:00.000Z' }));
  const message = await posted(2);
  await slack.click(url, message, 'Approve for the session', DANA);
  await notifier.publish('dec_2', 2, { type: 'decision.expired' });
  await until('the end', () => slack.buttons(message).join() === 'Full view');
  await slack.submit(url, null, DANA, { count: '5', minutes: '20' });
  expect(slack.notes).toHaveLength(2);
  expect(notifier.votes).toEqual([]);
  const other = { ...LEAVE, approval: { ...LEAVE.approval, reason_required: true } };
  await notifier.publish('dec_3', 1, heldEvent(other));
  const third = await posted(3);
  await slack.click(url, third, 'Approve for the session', DANA);
  const refused = await slack.submit(url, '', DANA, { count: '5', minutes: '20' });
  expect(await refused.json()).toMatchObject({ errors: { 'countersign.reason': 'Please give a reason.' } });
  await slack.click(url, third, 'Approve', DANA);
  await slack.submit(url, 'ticket OPS-311', DANA);
  expect(notifier.votes).toMatchObject([{ vote: 'approve', reason: 'ticket OPS-311' }]);
  expect(notifier.votes[0]!.session).toBeUndefined();
});

test('a refused click is told to that person alone, as inert text', async () => {
  const message = await asks();
  notifier.intake.answer = () => ({ refused: 'You own release-bot, so <!channel> *someone else* has to decide.' });
  await slack.click(url, message, 'Approve', DANA);
  const note = await noted();
  expect(note).toMatchObject({ onlyFor: 'U0DANA', channel: 'C0DBA' });
  expect(note.text).toContain('&lt;!channel&gt;');
  expect(JSON.stringify(note.blocks)).not.toContain('mrkdwn');
  expect(slack.messages[0]!.updates).toBe(0);
});

test('a vote is not lost when intake is away for a moment', async () => {
  const message = await asks();
  let calls = 0;
  notifier.intake.answer = () => {
    if (++calls === 1) throw new Error('connection refused');
    return { ok: true };
  };
  expect((await slack.click(url, message, 'Approve', DANA)).status).toBe(200);
  expect(calls).toBe(2);
});

test('somebody from a connected workspace stays a foreigner', async () => {
  const message = await asks();
  await slack.click(url, message, 'Approve', { id: 'U0DANA', team: 'T0EVIL' }, { team: { id: 'T0ACME' } });
  expect(notifier.votes[0]!.account.account).toBe('T0EVIL/U0DANA');
});

test('an unsigned request, a wrong signature and a re-encoded body are refused', async () => {
  const message = await asks();
  const payload = new URLSearchParams({ payload: JSON.stringify({ type: 'block_actions' }) }).toString();
  const unsigned = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: payload };
  expect((await fetch(url, unsigned)).status).toBe(401);
  expect((await fetch(url, { ...unsigned, body: `ssl_check=1&${payload}` })).status).toBe(401);
  expect((await slack.sendRaw(url, payload, Math.floor(Date.now() / 1000) + 600)).status).toBe(401);
  expect((await slack.sendRaw(url, payload, Math.floor(Date.now() / 1000) - 600)).status).toBe(401);
  expect(slack.buttons(message)).toHaveLength(3);
  expect(notifier.votes).toHaveLength(0);
});

test('payloads of another app, with several actions, or with unknown actions are refused', async () => {
  const message = await asks();
  const action = { action_id: 'countersign.approve', value: 'v1|dec_1|1|9f3ac210AbCdEfGh' };
  expect((await slack.click(url, message, 'Approve', DANA, { api_app_id: 'A0OTHER' })).status).toBe(403);
  expect((await slack.click(url, message, 'Approve', DANA, { actions: [action, action] })).status).toBe(400);
  expect(
    (await slack.click(url, message, 'Approve', DANA, { actions: [{ ...action, action_id: 'other' }] })).status,
  ).toBe(400);
  expect((await slack.sendRaw(url, 'payload=%7Bnot-json')).status).toBe(400);
  expect(notifier.votes).toHaveLength(0);
});

test.each([
  ['another decision', { value: 'v1|dec_other|1|9f3ac210AbCdEfGh' }, {}],
  ['another action', { value: 'v1|dec_1|1|AAAAAAAAAAAAAAAA' }, {}],
  ['garbage', { value: 'approve everything' }, {}],
  ['a message that is not ours', {}, { container: { message_ts: '1.1', channel_id: 'C0DBA' } }],
  ['another conversation', {}, { container: { message_ts: '1763700001.000100', channel_id: 'C0EVIL' } }],
])('a button about %s counts for nothing', async (_, action, change) => {
  const message = await asks();
  const actions = [{ action_id: 'countersign.approve', value: 'v1|dec_1|1|9f3ac210AbCdEfGh', ...action }];
  await slack.click(url, message, 'Approve', DANA, { actions, ...change });
  expect((await noted()).text).toContain('out of date');
  expect(notifier.votes).toHaveLength(0);
});

test('a payload of 150 kB is taken, one of 2 MB is not', async () => {
  const message = await asks();
  expect((await slack.click(url, message, 'Approve', DANA, { padding: 'x'.repeat(150_000) })).status).toBe(200);
  expect((await slack.click(url, message, 'Approve', DANA, { padding: 'x'.repeat(2_000_000) })).status).toBe(413);
});
