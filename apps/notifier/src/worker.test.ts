import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeSlack } from '../../../test/fakes/index.js';
import type { DecisionEvent } from '@countersign/approval';
import { APPROVED, DANA_APPROVES, heldEvent } from '../../../test/fakes/held.js';
import { startNotifier, type RunningNotifier } from '../../../test/fakes/notifier.js';
import { Deliveries, type MessageRef } from '@countersign/store';
import { until } from '../../../test/until.js';

let slack: FakeSlack;
let notifier: RunningNotifier;

beforeEach(async () => {
  slack = await new FakeSlack().start();
  notifier = await startNotifier({
    slack: { token: slack.token, signingSecrets: [slack.signingSecret], apiUrl: slack.apiUrl },
  });
});

afterEach(async () => {
  await notifier.stop();
  await slack.stop();
});

const posted = () => until('a message', () => slack.messages[0]);
const stateOf = async (address = 'C0DBA') => {
  const found = await notifier.pool.query('select state, refs, posts, last_error from deliveries where address = $1', [
    address,
  ]);
  return found.rows[0] as { state: string; refs: MessageRef[]; posts: number; last_error: string | null };
};
const reaches = (state: string, address?: string) =>
  until(`state ${state}`, async () => (await stateOf(address)).state === state);

test('when Slack asks for patience, it gets it, and nobody else waits', async () => {
  slack.failNext('chat.postMessage', { status: 429, retryAfterS: 1 });
  const began = Date.now();
  await notifier.publish('dec_1', 1, heldEvent());
  await until('the first answer', async () => (await stateOf()).last_error);
  await notifier.publish(
    'dec_2',
    1,
    heldEvent({ destinations: [{ channel: 'slack', address: 'C0OPS', group: 'ops' }] }),
  );
  await posted();
  expect(slack.messages[0]!.channel).toBe('C0OPS');
  await until('the delayed message', () => slack.read('C0DBA').length === 1);
  expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
});

test('a post whose answer was lost is made once more and never a third time', async () => {
  slack.failNext('chat.postMessage', { status: 500 }, { status: 503 });
  await notifier.publish('dec_1', 1, heldEvent());
  await reaches('lost');
  // A third post would have gone through.
  expect(slack.messages).toHaveLength(0);
});

test('a duplicate that Slack kept is adopted when it is clicked, and is updated like the other', async () => {
  await notifier.publish('dec_1', 1, heldEvent());
  const first = await posted();
  await reaches('settled');
  // As after a crash between the post and its record: the message is there, and nobody knows.
  await notifier.pool.query(`update deliveries set refs = '[]', state = 'open', next_at = now()`);
  await notifier.publish('dec_2', 1, heldEvent());
  await until('the second post', () => slack.read('C0DBA').length === 3);
  await slack.click(`${notifier.url}/slack/interactions`, first, 'Approve', { id: 'U0DANA', team: 'T0ACME' });
  expect(notifier.votes).toHaveLength(1);
  await notifier.publish('dec_1', 2, DANA_APPROVES);
  await notifier.publish('dec_1', 3, APPROVED);
  await until(
    'both updated',
    () => slack.read('C0DBA').filter((text) => text.includes('Approved by Dana Ito')).length === 2,
  );
});

test('a click that is quicker than the record of its message is a click on it', async () => {
  await notifier.publish('dec_1', 1, heldEvent());
  await posted();
  await reaches('settled');
  const { refs } = await stateOf();
  await notifier.pool.query(`update deliveries set refs = '[]', posts = 1`);
  const recording = await notifier.pool.connect();
  await recording.query('begin');
  await recording.query('update deliveries set refs = $1', [JSON.stringify(refs)]);
  const owned = new Deliveries(notifier.pool).owns('dec_1', 'slack', 'C0DBA', refs[0]!);
  const waiting = 'select 1 from pg_locks where pg_backend_pid() = any(pg_blocking_pids(pid)) and not granted';
  try {
    await until('the click waits for the record', async () => (await recording.query(waiting)).rowCount === 1);
    await recording.query('commit');
  } finally {
    recording.release();
  }
  expect(await owned).toBe(true);
});

test('a message that Slack will never take is dead, and says why', async () => {
  await notifier.publish(
    'dec_1',
    1,
    heldEvent({ destinations: [{ channel: 'slack', address: 'nowhere', group: 'dba' }] }),
  );
  await reaches('dead', 'nowhere');
  expect((await stateOf('nowhere')).last_error).toBe('slack answered channel_not_found');
});

test('a request that is over before it could be posted is not posted any more', async () => {
  slack.failNext('chat.postMessage', { status: 429, retryAfterS: 1 });
  await notifier.publish('dec_1', 1, heldEvent());
  await until('the first answer', async () => (await stateOf()).last_error);
  await notifier.publish('dec_1', 2, { type: 'decision.expired' });
  await reaches('settled');
  expect(slack.messages).toHaveLength(0);
});

test('an update is tried until it goes through', async () => {
  await notifier.publish('dec_1', 1, heldEvent());
  const message = await posted();
  slack.failNext('chat.update', { status: 500 }, { status: 429, retryAfterS: 1 });
  await notifier.publish('dec_1', 2, { type: 'decision.expired' });
  await until('no buttons', () => slack.buttons(message).length === 0);
});

test('a refused attempt changes nothing on the card, so nobody is disturbed', async () => {
  await notifier.publish('dec_1', 1, heldEvent());
  const message = await posted();
  await notifier.publish('dec_1', 2, {
    type: 'vote.refused',
    voter: 'sam',
    vote: 'approve',
    because: 'self-approval',
    channel: 'slack',
  });
  await until(
    'version 2',
    async () => (await notifier.pool.query('select 1 from deliveries where rendered_version = 2')).rowCount,
  );
  expect(message.updates).toBe(0);
});

test('a delivery is held by one worker at a time, and a dead worker loses it again', async () => {
  await notifier.publish(
    'dec_1',
    1,
    heldEvent({ destinations: [{ channel: 'teams', address: '19:dba@thread.tacv2', group: 'dba' }] }),
  );
  const short = new Deliveries(notifier.pool, 200);
  const [one, two] = await Promise.all([short.claim('teams', 5), short.claim('teams', 5)]);
  expect([one.length, two.length].sort()).toEqual([0, 1]);
  const [again] = await until('the lease runs out', async () => {
    const claimed = await short.claim('teams', 5);
    return claimed.length > 0 ? claimed : undefined;
  });
  expect(again!.posts).toBe(2);
  const stale = [...one, ...two][0]!;
  await short.rendered('teams', stale, { posted: { id: 'late' }, version: 1, digest: 'x' });
  expect((await stateOf('19:dba@thread.tacv2')).refs).toEqual([]);
});

test('a later version is never overwritten by an earlier one', async () => {
  await notifier.publish(
    'dec_1',
    1,
    heldEvent({ destinations: [{ channel: 'teams', address: '19:x', group: 'dba' }] }),
  );
  const deliveries = new Deliveries(notifier.pool);
  const [work] = await deliveries.claim('teams', 1);
  await notifier.pool.query(`update deliveries set rendered_version = 5 where address = '19:x'`);
  await deliveries.rendered('teams', work!, { posted: { id: '1' }, version: 1, digest: 'x' });
  const row = await notifier.pool.query(`select rendered_version from deliveries where address = '19:x'`);
  expect(row.rows).toEqual([{ rendered_version: 5 }]);
});

test('a broken glass is told at once where its groups are, with nothing to press, and the same message says how its review ended', async () => {
  const { approval: _, asked: __, expires_at: ___, excluded: ____, ...answered } = heldEvent();
  const broke = {
    ...answered,
    type: 'decision.broke_glass',
    by: 'dana@acme.example',
    by_name: 'Dana <!channel>',
    reason: 'checkout is down <https://evil.example|runbook>',
    rule: 'db-incident',
    overrode: 'deny',
    grant: { id: 'grant_1', expires_at: '2026-11-21T14:15:00.000Z', uses: 1 },
    notified: ['dba'],
  } as DecisionEvent;
  await notifier.publish('dec_1', 1, broke);
  const message = await posted();
  const first = slack.read('C0DBA')[0]!;
  expect(first).toContain(
    'GLASS BROKEN by Dana <!channel> against a denial of policy, 14:00 UTC: checkout is down <https',
  );
  expect(first).toContain('Delete 12,480 rows from prod.orders');
  expect(slack.buttons(message)).toEqual([]);
  // A lock screen shows neither payload nor the words of whoever did it.
  expect(message.text).toBe('release-bot request is allowed (high risk)');
  const opened = {
    type: 'review.opened',
    groups: ['security'],
    due_at: '2026-11-22T14:00:00.000Z',
    excluded: [],
  } as const;
  await notifier.publish('dec_1', 2, { ...opened, groups: ['security'], excluded: [] });
  await until('the review', () => slack.read('C0DBA')[0]!.includes('Review by security due 2026-11-22 14:00 UTC.'));
  await notifier.publish('dec_1', 3, { type: 'review.overdue' });
  await until('that it is overdue', () => slack.read('C0DBA')[0]!.includes('Review by security OVERDUE since'));
  await notifier.publish('dec_1', 4, {
    type: 'review.closed',
    by: 'ben@acme.example',
    by_name: 'Ben Okafor',
    finding: 'justified',
    comment: 'the locks were stale',
  });
  await until('how it ended', () =>
    slack.read('C0DBA')[0]!.includes('Reviewed by Ben Okafor: justified. the locks were stale'),
  );
  expect(slack.read('C0DBA')[0]).not.toContain('OVERDUE');
  expect(slack.messages).toHaveLength(1);
  await reaches('settled');
});
