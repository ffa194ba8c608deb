import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeTeams, type Forgery, type TeamsMessage } from '../../../../test/fakes/index.js';
import { heldEvent } from '../../../../test/fakes/held.js';
import { startNotifier, type RunningNotifier } from '../../../../test/fakes/notifier.js';
import { until } from '../../../../test/until.js';

// Everything a call to the bot can get wrong, over HTTP against one running notifier: a refused call leaves no trace.

const DBA = '19:dba@thread.tacv2';
let teams: FakeTeams;
let notifier: RunningNotifier;
let message: TeamsMessage;
const click = (forgery: Forgery) =>
  teams.click(`${notifier.url}/teams/messages`, message, 'Approve', { tenant: teams.tenant, oid: 'dana' }, {}, forgery);

beforeAll(async () => {
  teams = await new FakeTeams().start();
  notifier = await startNotifier({ teams: teams.config });
  await notifier.publish('dec_1', 1, heldEvent({ destinations: [{ channel: 'teams', address: DBA, group: 'dba' }] }));
  message = await until('a message', () => teams.messages[0]);
});

afterAll(async () => {
  await notifier.stop();
  await teams.stop();
});

const now = () => Math.floor(Date.now() / 1000);
const refusals: [string, 401 | 403, (teams: FakeTeams) => Forgery][] = [
  ['no token', 401, () => ({ token: null })],
  ['garbage for a token', 401, () => ({ token: 'garbage' })],
  ['three parts of garbage', 401, () => ({ token: 'a.b.c' })],
  ['a token for another bot', 401, () => ({ claims: { aud: 'someone-else' } })],
  ['a token of another issuer', 401, () => ({ claims: { iss: 'https://evil.example' } })],
  ['an expired token', 401, () => ({ expiresInS: -301 })],
  ['a token that never expires', 401, () => ({ claims: { exp: undefined } })],
  ['a token that is not valid yet', 401, () => ({ claims: { nbf: now() + 600 } })],
  ['a key nobody published', 401, () => ({ key: 'unknown' })],
  ['a key that is not endorsed for Teams', 403, () => ({ key: 'unendorsed' })],
  [
    'an Entra sign-in token for the same app',
    401,
    ({ tenant }) => ({
      claims: { iss: `https://login.microsoftonline.com/${tenant}/v2.0`, tid: tenant, serviceurl: undefined },
    }),
  ],
  ['a token without a service URL', 403, () => ({ claims: { serviceurl: undefined } })],
  ['a body without a service URL', 403, () => ({ body: { serviceUrl: undefined } })],
  ['a body with another service URL', 403, ({ origin }) => ({ body: { serviceUrl: `${origin}/other/` } })],
  [
    'a host that is not allowed',
    403,
    () => ({ claims: { serviceurl: 'https://evil.example/' }, body: { serviceUrl: 'https://evil.example/' } }),
  ],
  [
    'an allowed host as a user name',
    403,
    ({ host }) => ({
      claims: { serviceurl: `http://${host}@evil.example/` },
      body: { serviceUrl: `http://${host}@evil.example/` },
    }),
  ],
  [
    'a foreign tenant',
    403,
    () => ({ body: { conversation: { id: DBA, tenantId: 'foreign' }, channelData: { tenant: { id: 'foreign' } } } }),
  ],
  ['a foreign tenant in one of two places', 403, () => ({ body: { channelData: { tenant: { id: 'foreign' } } } })],
  ['no tenant', 403, () => ({ body: { conversation: { id: DBA } } })],
  ['another channel', 403, () => ({ body: { channelId: 'webchat' } })],
];
test.each(refusals)('%s is refused with %i', async (_, status, forgery) => {
  const response = await click(forgery(teams));
  expect(response.status).toBe(status);
  expect(notifier.votes).toHaveLength(0);
});

test('five minutes of clock skew are forgiven', async () => {
  expect((await click({ expiresInS: -200 })).status).toBe(200);
});
