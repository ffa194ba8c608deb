import type { ApprovalEscalated, DecisionEvent, Reminded } from '@countersign/approval';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mentionsOf } from '../../../test/fakes/adaptive-card.js';
import { FakeSlack, FakeTeams } from '../../../test/fakes/index.js';
import { DANA_APPROVES, heldEvent } from '../../../test/fakes/held.js';
import { startNotifier, type RunningNotifier } from '../../../test/fakes/notifier.js';
import { until } from '../../../test/until.js';

const CHANNEL = '19:dba@thread.tacv2';
const CHAT = '19:dba@thread.v2';
const AT_BOTH = [
  { channel: 'slack' as const, address: 'C0DBA', group: 'dba' },
  { channel: 'teams' as const, address: CHANNEL, group: 'dba' },
];
const slackAccount = (user: string) => ({ channel: 'slack' as const, account: `T0ACME/${user}` });
const teamsAccount = (oid: string) => ({ channel: 'teams' as const, account: `tenant/${oid}` });
const asked = (id: string, name: string, accounts: Reminded['accounts'], groups = ['dba']): Reminded => ({
  ...{ id, name, groups, accounts },
});
const DANA = asked('dana@acme.example', 'Dana Ito', [slackAccount('U0DANA'), teamsAccount('oid-dana')]);
const ANA = asked('ana@acme.example', 'Ana Roy', [slackAccount('U0ANA'), teamsAccount('oid-ana')]);
const reminded = (...people: Reminded[]): DecisionEvent => ({ type: 'approval.reminded', people });

let slack: FakeSlack;
let teams: FakeTeams;
let notifier: RunningNotifier;
const start = (more: { inbox?: string } = {}) =>
  startNotifier({
    ...more,
    slack: { token: slack.token, signingSecrets: [slack.signingSecret], apiUrl: slack.apiUrl, appId: slack.appId },
    teams: teams.config,
  });

beforeEach(async () => {
  [slack, teams] = await Promise.all([new FakeSlack().start(), new FakeTeams().start()]);
  notifier = await start();
});
afterEach(async () => {
  await notifier.stop();
  await Promise.all([slack.stop(), teams.stop()]);
});

const asks = async (change = {}) => {
  await notifier.publish('dec_1', 1, heldEvent({ destinations: AT_BOTH, ...change }));
  await until('the cards', () => slack.messages.length > 0 && teams.messages.length > 0);
  return { message: slack.messages[0]!, card: teams.messages[0]! };
};
const settled = (what: string) =>
  until(what, async () => {
    const open = await notifier.pool.query(`select 1 from deliveries where state = 'open'`);
    return open.rowCount === 0;
  });
const replies = () => slack.messages.filter(({ thread }) => thread);

describe('a reminder', () => {
  it('is said in the thread of the card, and calls those who are still asked', async () => {
    const { message, card } = await asks();
    await notifier.publish('dec_1', 2, reminded(DANA, ANA));
    await until('the reminders', () => slack.readThread(message).length > 0 && teams.below(card).length > 0);
    const [text] = slack.readThread(message);
    expect(text!.split('\n')).toEqual([
      'Delete 12,480 rows from prod.orders',
      'This is not decided yet. Still asked: @U0DANA, @U0ANA.',
      'Without an answer it is denied. Expires 2026-11-21T14:20:00.000Z',
    ]);
    expect(replies()[0]!.text).toBe('release-bot still needs an approval (high risk)');
    const [below] = teams.below(card);
    expect(mentionsOf(below!.card)).toMatchObject([
      { mentioned: { id: 'oid-dana', name: 'Dana Ito' } },
      { mentioned: { id: 'oid-ana', name: 'Ana Roy' } },
    ]);
    expect(below!.summary).toBe('release-bot still needs an approval (high risk)');
    expect([message.updates, card.updates]).toEqual([0, 0]);
  });

  it('answers the card where a conversation has no threads', async () => {
    const destinations = [{ channel: 'teams' as const, address: CHAT, group: 'dba' }, AT_BOTH[0]!];
    const { card } = await asks({ destinations });
    await notifier.publish('dec_1', 2, reminded(DANA));
    await until('the answer', () => teams.below(card).length === 1);
  });

  it('is said once, however often the event comes and the notifier starts', async () => {
    await asks();
    await notifier.publish('dec_1', 2, reminded(DANA));
    await notifier.publish('dec_1', 2, reminded(DANA));
    await settled('everything is said');
    await notifier.publish('dec_1', 2, reminded(DANA));
    await notifier.publish('dec_2', 1, heldEvent({ action_digest: 'x'.repeat(43) }));
    await until('the next card', () => slack.read('C0DBA').length === 2);
    expect([replies().length, teams.messages.length]).toEqual([1, 2]);
  });

  it('that may be there already, after a crash or a lost answer, is not made again', async () => {
    const { message } = await asks({ destinations: [AT_BOTH[0]!, AT_BOTH[1]!] });
    await settled('the cards are there');
    slack.failNext('chat.postMessage', { hang: true, effect: true });
    teams.failNext('POST', { status: 500 });
    await notifier.publish('dec_1', 2, reminded(DANA));
    const states = async () => {
      const found = await notifier.pool.query<{ state: string }>('select state from deliveries where note = 2');
      return found.rows.map(({ state }) => state);
    };
    await until('both are given up', async () => (await states()).every((state) => state === 'lost'), 15_000);
    expect(slack.readThread(message)).toHaveLength(1);
    // As after a crash between the claim and the post.
    await notifier.pool.query(`update deliveries set state = 'open', next_at = now() where note = 2`);
    await settled('nothing is left to do');
    expect(slack.readThread(message)).toHaveLength(1);
    expect(teams.messages).toHaveLength(1);
  }, 30_000);

  it('waits while the channel asks for patience, and for the card it belongs to', async () => {
    slack.failNext('chat.postMessage', { status: 429, retryAfterS: 1 });
    await notifier.publish('dec_1', 1, heldEvent());
    await notifier.publish('dec_1', 2, reminded(DANA));
    const message = await until('the card', () => slack.messages[0]);
    slack.failNext('chat.postMessage', { status: 429, retryAfterS: 1 });
    await until('the reminder below it', () => slack.readThread(message).length === 1);
  });

  it('is not said about what is decided, nor to somebody who has answered meanwhile', async () => {
    slack.failNext('chat.postMessage', { status: 429, retryAfterS: 1 });
    await notifier.publish('dec_1', 1, heldEvent());
    await notifier.publish('dec_1', 2, reminded(DANA));
    await notifier.publish('dec_1', 3, DANA_APPROVES);
    await until('the card', () => slack.messages[0]);
    await settled('nothing is left to say');
    expect(replies()).toHaveLength(0);
    await notifier.publish('dec_1', 4, reminded(ANA));
    await notifier.publish('dec_1', 5, { type: 'decision.expired' });
    await settled('it is over');
    expect(replies().length).toBeLessThanOrEqual(1);
  });

  it('disturbs nobody where nobody is named, and nobody of another group', async () => {
    const destinations = [...AT_BOTH, { channel: 'slack' as const, address: 'C0FIN', group: 'finance' }];
    await asks({ destinations });
    await notifier.publish('dec_1', 2, { type: 'approval.reminded' });
    await notifier.publish('dec_1', 3, reminded());
    await notifier.publish('dec_1', 4, reminded({ ...DANA, groups: ['finance'] }));
    await until('the reminder', () => replies().length > 0);
    await settled('everything is said');
    expect(replies().map(({ channel }) => channel)).toEqual(['C0FIN']);
    expect(teams.messages).toHaveLength(1);
  });

  it('turns no name into a mention, a link or markup', async () => {
    const { message, card } = await asks();
    const bad = asked('e', '<!channel> <@U0SAM> [x](http://evil.example) **Eve**', [
      slackAccount('U0EVE>'),
      teamsAccount('oid-eve'),
    ]);
    const twin = asked('f', '<!channel> <@U0SAM> [x](http://evil.example) **Eve**', [teamsAccount('oid-fay')]);
    await notifier.publish('dec_1', 2, reminded(bad, twin));
    await until('the reminders', () => slack.readThread(message).length > 0 && teams.below(card).length > 0);
    expect(slack.readThread(message)[0]).not.toContain('@U0EVE');
    const names = mentionsOf(teams.below(card)[0]!.card).map(({ mentioned }) => (mentioned as { name: string }).name);
    expect(names).toEqual(['channel U0SAM x http evil example Eve', 'channel U0SAM x http evil example Eve 2']);
  });

  it('names ten people at most, and how many more there are', async () => {
    const { message, card } = await asks();
    const crowd = Array.from({ length: 14 }, (_, i) =>
      asked(`p${i}`, `P ${i}`, [slackAccount(`U0P${i}`), teamsAccount(`oid-${i}`)]),
    );
    await notifier.publish('dec_1', 2, reminded(...crowd));
    await until('the reminders', () => slack.readThread(message).length > 0 && teams.below(card).length > 0);
    expect(slack.readThread(message)[0]).toContain('@U0P9 and 4 more.');
    expect(mentionsOf(teams.below(card)[0]!.card)).toHaveLength(10);
  });
});

describe('somebody who holds the seat of another', () => {
  const stands = {
    ...DANA,
    accounts: [slackAccount('U0KIM'), teamsAccount('oid-kim')],
    standing_in: ['Dana <!channel>'],
  };

  it('is told by themselves, once, with the way to the request and nothing of its payload', async () => {
    await notifier.stop();
    notifier = await start({ inbox: 'https://gate.example/inbox' });
    const held = heldEvent({ destinations: AT_BOTH, asked: [stands, { ...ANA, accounts: [slackAccount('U0ANA')] }] });
    for (let i = 0; i < 2; i++) await notifier.publish('dec_1', 1, held);
    const text = 'release-bot needs an approval (high risk). You stand in for Dana <!channel> in dba: dec_1.';
    await until('both messages', () => slack.read('U0KIM').length + teams.read('a:tenant/oid-kim').length === 2);
    expect(slack.read('U0KIM')).toEqual([`${text}\n[Full view]`]);
    expect(teams.read('a:tenant/oid-kim')).toEqual([`${text}\n[Full view]`]);
    expect(slack.messages.find(({ channel }) => channel === 'U0KIM')!.text).not.toContain('<!');
    expect(slack.read('U0ANA')).toEqual([]);
  });
});

describe('an escalation', () => {
  const escalated = (destinations: ApprovalEscalated['destinations']): DecisionEvent => ({
    type: 'approval.escalated',
    seats: [{ group: 'security', count: 1 }],
    asked: [{ id: ANA.id, name: ANA.name, groups: ['security'] }],
    destinations,
  });

  it('brings the whole card to those who are asked now, and it is kept up to date with the others', async () => {
    const { message } = await asks();
    await notifier.publish(
      'dec_1',
      2,
      escalated([
        { channel: 'slack', address: 'C0SEC', group: 'security' },
        { channel: 'teams', address: '19:sec@thread.tacv2', group: 'security' },
      ]),
    );
    await until('the card in Slack', () => slack.read('C0SEC').length === 1);
    await until('the card in Teams', () => teams.read('19:sec@thread.tacv2').length === 1);
    expect(slack.read('C0SEC')[0]).toContain('[Approve] [Deny…]');
    expect(slack.read('C0SEC')[0]).toContain('DELETE FROM orders');
    expect(slack.read('C0DBA')).toHaveLength(1);
    const there = slack.messages.find(({ channel }) => channel === 'C0SEC')!;
    const url = `${notifier.url}/slack/interactions`;
    expect((await slack.click(url, there, 'Approve', { id: 'U0ANA', team: 'T0ACME' })).status).toBe(200);
    expect(notifier.votes).toMatchObject([{ id: 'dec_1', account: { account: 'T0ACME/U0ANA' } }]);
    await notifier.publish('dec_1', 3, { type: 'decision.expired' });
    await until('no buttons anywhere', () => slack.buttons(message).length + slack.buttons(there).length === 0);
  });

  it('asks with the card that is there where groups share a conversation, and reminds them in it', async () => {
    const { message } = await asks();
    await notifier.publish('dec_1', 2, escalated([{ channel: 'slack', address: 'C0DBA', group: 'security' }]));
    await notifier.publish('dec_1', 3, reminded({ ...ANA, groups: ['security'] }));
    await until('the reminder', () => slack.readThread(message).length === 1);
    expect(slack.read('C0DBA')).toHaveLength(1);
  });

  it('calls those who are asked now below the card, where they are asked, and nobody by what others wrote', async () => {
    await asks();
    const bad = { ...ANA, name: '<!channel> Ana [x](https://evil.example)' };
    const people = [bad, { ...DANA, id: 'sam@acme.example', name: 'Sam', accounts: [] }];
    await notifier.publish('dec_1', 2, {
      ...escalated([
        { channel: 'slack', address: 'C0SEC', group: 'security' },
        { channel: 'teams', address: '19:sec@thread.tacv2', group: 'security' },
      ]),
      asked: people.map((one) => ({ ...one, groups: ['security'] })),
    } as ApprovalEscalated);
    const [there, card] = await until('both cards', () => {
      const found = [
        slack.messages.find(({ channel }) => channel === 'C0SEC'),
        teams.messages.find(({ conversation }) => conversation === '19:sec@thread.tacv2'),
      ] as const;
      return found[0] && found[1] ? ([found[0], found[1]] as const) : undefined;
    });
    await until('the calls', () => slack.readThread(there).length > 0 && teams.below(card).length > 0);
    expect(slack.readThread(there)[0]!.split('\n')[1]).toBe('This is not decided yet. Now asked as well: @U0ANA, Sam.');
    const names = mentionsOf(teams.below(card)[0]!.card).map(({ mentioned }) => mentioned);
    expect(names).toEqual([{ id: 'oid-ana', name: 'channel Ana x https evil example' }]);
    await settled('everything is said');
    expect(slack.messages.filter(({ channel, thread }) => channel === 'C0DBA' && thread)).toEqual([]);
  });

  it('of what is over asks nobody', async () => {
    await asks();
    await notifier.publish('dec_1', 2, { type: 'decision.expired' });
    await notifier.publish('dec_1', 3, escalated([{ channel: 'slack', address: 'C0SEC', group: 'security' }]));
    await settled('nothing is left to do');
    expect(slack.read('C0SEC')).toHaveLength(0);
  });
});
