import type { AgentFlooding } from '@countersign/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeSlack, FakeTeams } from '../../../test/fakes/index.js';
import { startNotifier, type RunningNotifier } from '../../../test/fakes/notifier.js';
import { until } from '../../../test/until.js';

const SLACK = { channel: 'slack' as const, account: 'T0ACME/U0SAM' };
const flooding = (accounts: AgentFlooding['accounts']): AgentFlooding => ({
  type: 'agent.flooding',
  agent: 'release-bot',
  owner: 'sam@acme.example',
  asks: 60,
  window_s: 3600,
  denied_since: '2026-11-21T14:00:00.000Z',
  accounts,
});

let slack: FakeSlack;
let teams: FakeTeams;
let notifier: RunningNotifier;

beforeEach(async () => {
  [slack, teams] = await Promise.all([new FakeSlack().start(), new FakeTeams().start()]);
  notifier = await startNotifier({
    slack: { token: slack.token, signingSecrets: [slack.signingSecret], apiUrl: slack.apiUrl, appId: slack.appId },
    teams: teams.config,
  });
});
afterEach(async () => {
  await notifier.stop();
  await Promise.all([slack.stop(), teams.stop()]);
});

const states = async () => {
  const { rows } = await notifier.pool.query<{ state: string }>('select state from notices order by channel');
  return rows.map(({ state }) => state);
};
const over = (what: string) =>
  until(what, async () => {
    const all = await states();
    return all.length > 0 && !all.includes('open');
  });

describe('the owner of an agent that floods people', () => {
  it('is told in a conversation of their own, in every channel they are linked in, once', async () => {
    const fact = flooding([SLACK, { channel: 'teams', account: `${teams.tenant}/oid-sam` }]);
    await notifier.publish('agt_1', 1, fact);
    await notifier.publish('agt_1', 1, fact);
    await over('both to be told');
    expect(slack.read('U0SAM')).toMatchObject([
      expect.stringMatching(
        /^release-bot had people asked 60 times within an hour.*denied since 14:00 UTC.*You answer/,
      ),
    ]);
    expect(teams.read(`a:${teams.tenant}/oid-sam`)).toEqual(slack.read('U0SAM'));
    expect(await states()).toEqual(['said', 'said']);
  });

  it('is told later when the channel asks for patience', async () => {
    slack.failNext('chat.postMessage', { status: 429, retryAfterS: 1 });
    await notifier.publish('agt_2', 1, flooding([SLACK]));
    await over('the second try');
    expect(slack.read('U0SAM')).toHaveLength(1);
  });

  it('is told later when the conversation could not be opened', async () => {
    teams.failNext('OPEN', { status: 502 });
    await notifier.publish('agt_3', 1, flooding([{ channel: 'teams', account: `${teams.tenant}/oid-sam` }]));
    await over('the second try');
    expect(teams.read(`a:${teams.tenant}/oid-sam`)).toHaveLength(1);
  });

  it('is not told twice when nobody knows whether it arrived', async () => {
    slack.failNext('chat.postMessage', { status: 503 });
    await notifier.publish('agt_4', 1, flooding([SLACK]));
    await over('the end');
    expect([await states(), slack.read('U0SAM')]).toEqual([['lost'], []]);
  });

  it('is let be when the account is gone', async () => {
    await notifier.publish('agt_5', 1, flooding([{ channel: 'slack', account: 'T0ACME/!gone' }]));
    await over('the end');
    expect(await states()).toEqual(['dead']);
  });
});
