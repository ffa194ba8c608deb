import { afterEach, beforeEach, expect, test } from 'vitest';
import { press } from '../../../../test/fakes/adaptive-card.js';
import { FakeTeams, readCard, type TeamsMessage } from '../../../../test/fakes/index.js';
import { APPROVED, DANA_APPROVES, heldEvent } from '../../../../test/fakes/held.js';
import { startNotifier, type RunningNotifier } from '../../../../test/fakes/notifier.js';
import { until } from '../../../../test/until.js';

const DBA = '19:dba@thread.tacv2';
let teams: FakeTeams;
let notifier: RunningNotifier;
let url: string;
let DANA: { tenant: string; oid: string };

beforeEach(async () => {
  teams = await new FakeTeams().start();
  DANA = { tenant: teams.tenant, oid: '0000dana-0000-0000-0000-000000000000' };
  notifier = await startNotifier({ inbox: 'https://gate.example/inbox', teams: teams.config });
  url = `${notifier.url}/teams/messages`;
});

afterEach(async () => {
  await notifier.stop();
  await teams.stop();
});

const FULL_VIEW = { type: 'Action.OpenUrl', title: 'Full view', url: 'https://gate.example/inbox/dec_1' };
const asks = async (change = {}): Promise<TeamsMessage> => {
  await notifier.publish(
    'dec_1',
    1,
    heldEvent({ destinations: [{ channel: 'teams', address: DBA, group: 'dba' }], ...change }),
  );
  return until('a message', () => teams.messages[0]);
};

test('people are asked in their conversation, and nothing of the payload is in the notification', async () => {
  const message = await asks();
  const [text] = teams.read(DBA);
  expect(text!.split('\n').slice(0, 2)).toEqual([
    '▲ HIGH RISK · needs 1 dba · expires 2026-11-21 14:20 UTC',
    'Delete 12,480 rows from prod.orders',
  ]);
  expect(text).toContain('[Approve] [Deny…] [Full view]');
  expect(text).toContain('Similar: Nothing like it was answered in 30 days');
  expect(message.summary).toBe('release-bot needs an approval (high risk)');
});

test('a click on Approve becomes the vote of the account that clicked, and its card is answered without buttons', async () => {
  const message = await asks();
  notifier.intake.answer = async () => {
    void notifier.publish('dec_1', 2, DANA_APPROVES).then(() => notifier.publish('dec_1', 3, APPROVED));
    return { ok: true };
  };
  const response = await teams.click(url, message, 'Approve', DANA);
  expect(response.status).toBe(200);
  const answer = (await response.json()) as { statusCode: number; type: string; value: { [key: string]: unknown } };
  expect(answer).toMatchObject({ statusCode: 200, type: 'application/vnd.microsoft.card.adaptive' });
  expect(readCard(answer.value)).toContain('Your vote is recorded.');
  expect(answer.value['actions']).toEqual([FULL_VIEW]);
  expect(readCard(answer.value)).toContain('Similar: Nothing like it was answered in 30 days');
  expect(notifier.votes).toEqual([
    {
      id: 'dec_1',
      vote: 'approve',
      seen_digest: heldEvent().action_digest,
      card_digest: expect.stringMatching(/^[\w-]{43}$/),
      account: { channel: 'teams', account: `${teams.tenant}/${DANA.oid}` },
    },
  ]);
  await until('the card of everybody', () => teams.read(DBA)[0]!.includes('Approved by Dana Ito'));
  expect(teams.messages).toHaveLength(1);
  expect(message.card['actions']).toEqual([FULL_VIEW]);
});

test('a refused click is a private note, with status 200', async () => {
  const message = await asks();
  notifier.intake.answer = () => ({
    refused: 'You own release-bot, so [someone else](https://evil.example) has to decide.',
  });
  const response = await teams.click(url, message, 'Approve', DANA);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    statusCode: 200,
    type: 'application/vnd.microsoft.activity.message',
    value: 'You own release-bot, so [someone else] (https://evil.example) has to decide.',
  });
  expect(message.updates).toBe(0);
});

test('a denial carries its reason, and without one it is not possible, whatever the client sends', async () => {
  const message = await asks();
  for (const typed of [{}, { reason: '' }, { reason: ' \n' }]) {
    expect(await (await teams.click(url, message, 'Deny', DANA, typed)).json()).toMatchObject({
      value: 'Please give a reason.',
    });
  }
  await teams.click(url, message, 'Deny', DANA, { reason: 'x'.repeat(1001) });
  expect(notifier.votes).toHaveLength(0);
  await teams.click(url, message, 'Deny', DANA, { reason: 'not in the change window' });
  expect(notifier.votes).toMatchObject([{ vote: 'deny', reason: 'not in the change window' }]);
});

test('leave for the session is given by whoever types how much of it they mean, and never instead of a plain approval', async () => {
  const session = { count: 10, expires_in_s: 90, vary: [], limits: [] };
  const message = await asks({ approval: { ...heldEvent().approval, session } });
  expect(readCard(message.card)).toContain('[Approve] [Approve for the session…] [Deny…] [Full view]');
  const button = 'Approve for the session';
  for (const [typed, text] of [
    [{}, /^How many more: A whole number from 1 to 10/],
    [{ count: 11, minutes: 1 }, /^How many more: /],
    [{ count: 2, minutes: 2 }, /^For how many minutes: Policy lets 1 and no more/],
  ] as const)
    expect(await (await teams.click(url, message, button, DANA, typed)).json()).toMatchObject({
      value: expect.stringMatching(text) as string,
    });
  expect(notifier.votes).toEqual([]);
  await teams.click(url, message, button, DANA, { count: 5, minutes: '1' });
  await teams.click(url, message, 'Approve', DANA, { count: 5, minutes: 1 });
  expect(notifier.votes.map(({ vote, session: leave }) => [vote, leave])).toEqual([
    ['approve', { count: 5, expires_in_s: 60 }],
    ['approve', undefined],
  ]);
  const pressed = press(message.card, button).action;
  await notifier.publish('dec_1', 2, { type: 'decision.expired' });
  await until('the end', () => readCard(message.card).includes('Expired'));
  const before = { ...message, card: { ...message.card, actions: [{ ...pressed, title: button }] } };
  expect(await (await teams.click(url, before, button, DANA, { count: 5, minutes: 1 })).json()).toMatchObject({
    value: expect.stringContaining('Nothing can be approved for the session') as string,
  });
  expect(notifier.votes).toHaveLength(2);
});

test('a button moved to another message or decision counts for nothing', async () => {
  const message = await asks();
  const elsewhere = await teams.click(url, { ...message, id: '1' }, 'Approve', DANA);
  expect(await elsewhere.json()).toMatchObject({ value: expect.stringContaining('out of date') });
  const other = await teams.click(url, message, 'Approve', DANA, { countersign: 'v1|dec_2|1|9f3ac210AbCdEfGh' });
  expect(await other.json()).toMatchObject({ value: expect.stringContaining('out of date') });
  expect(notifier.votes).toHaveLength(0);
});

test('a body nested too deep, or of 2 MB, is refused before anything else', async () => {
  let deep: unknown = {};
  for (let i = 0; i < 100; i++) deep = { deep };
  expect((await teams.send(url, { type: 'message' }, { body: { deep } })).status).toBe(400);
  expect((await teams.send(url, { type: 'message' }, { body: { text: 'x'.repeat(2_000_000) } })).status).toBe(413);
});

test('messages and changes of membership are heard and left alone', async () => {
  const common = { conversation: { id: DBA, tenantId: teams.tenant }, channelData: { tenant: { id: teams.tenant } } };
  for (const type of ['message', 'conversationUpdate', 'installationUpdate']) {
    const response = await teams.send(url, { type, ...common });
    expect([response.status, await response.text()]).toEqual([200, '']);
  }
});

test('one token serves many messages, and a new one is fetched when it is no longer taken', async () => {
  const message = await asks();
  expect(teams.tokensGiven).toBe(1);
  teams.revokeTokens();
  await notifier.publish('dec_1', 2, { type: 'decision.expired' });
  await until('the update', () => readCard(message.card).includes('Expired'));
  expect(teams.tokensGiven).toBe(2);
});

test.each([412, 429, 502, 504])('an update that meets HTTP %i is tried again', async (status) => {
  const message = await asks();
  teams.failNext('PUT', { status });
  await notifier.publish('dec_1', 2, { type: 'decision.expired' });
  await until('the update', () => readCard(message.card).includes('Expired'));
});

test('a conversation that blocks the bot is dead, and says why', async () => {
  teams.failNext('POST', { status: 403 });
  await notifier.publish('dec_1', 1, heldEvent({ destinations: [{ channel: 'teams', address: DBA, group: 'dba' }] }));
  const dead = await until(
    'dead',
    async () =>
      (await notifier.pool.query(`select last_error from deliveries where state = 'dead'`)).rows[0] as unknown,
  );
  expect(dead).toEqual({ last_error: 'teams answered HTTP 403' });
});
