import { createHmac } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApprovalService, DecisionService, PeopleService, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOT, bulkDelete, newPlace, People, SERVICE_TOKEN, startGate, type Gate } from '../../../../test/gate.js';
import { Browser, CLIENT, startIdentityProvider, type IdentityProvider } from '../../../../test/identity-provider.js';
import { ScimClient, TOKEN } from '../../../../test/scim-client.js';
import { freePorts } from '../../../../tools/services/ports.mjs';
import { ownPath } from './sign-in-routes.js';

const STEP_UP = `package policies.db

require_approval contains {
	"rule": "fresh", "reason": "it takes a fresh proof", "risk": "high", "step_up": true,
	"seats": [{"group": "dba", "count": 1}], "expires_in": "15m",
} if input.action.name == "db.delete"
`;
const { castVote } = ApprovalService.method;
const API = 'https://gate.example/api';
const { whoAmI, endSignIns, createToken, startLink, presentLinkCode, confirmLink } = PeopleService.method;

let place: Awaited<ReturnType<typeof newPlace>>;
let provider: IdentityProvider;
let providerPort: number;
let gate: Gate;
let other: Gate;
const people = new People();
let home: string;
let claims: { home: string; ports: [number, number] };
let back: string;
const ours = { 'x-countersign-inbox': '1', 'sec-fetch-site': 'same-origin' };

beforeAll(async () => {
  place = await newPlace();
  const ports = await freePorts(7);
  providerPort = ports[4]!;
  home = `http://127.0.0.1:${ports[1]}`;
  back = `${home}/sign-in/callback`;
  claims = { home: `http://127.0.0.1:${ports[6]}`, ports: [ports[5]!, ports[6]!] };
  provider = await startIdentityProvider(providerPort, [back, `${claims.home}/sign-in/callback`]);
  const env = {
    COUNTERSIGN_PUBLIC_URL: home,
    COUNTERSIGN_OIDC_ISSUER: provider.issuer,
    COUNTERSIGN_OIDC_CLIENT_ID: CLIENT.id,
    COUNTERSIGN_OIDC_CLIENT_SECRET: CLIENT.secret,
    COUNTERSIGN_OIDC_AUDIENCE: API,
    COUNTERSIGN_OIDC_AGENT_CLAIM: 'countersign_agent',
  };
  const policies = join(place.dataDir, 'policies');
  await mkdir(policies);
  await writeFile(join(policies, 'db.rego'), STEP_UP);
  gate = await startGate({ ...place, policies, directory: people, env, ports: [ports[0]!, ports[1]!] });
  other = await startGate({ ...place, directory: people, env, ports: [ports[2]!, ports[3]!] });
});
afterAll(async () => {
  await Promise.all([gate, other].map((one) => one?.stop()));
  await provider?.stop();
  await place.remove();
});

/** As far as the address that leads back, and what the browser has by then. */
async function begun(account = 'dana@acme.example', path = '/sign-in') {
  const browser = new Browser();
  const answer = await browser.through(await browser.get(home + path), account, back);
  return { browser, answer };
}

async function signedIn(account = 'dana@acme.example', path = '/sign-in') {
  const { browser, answer } = await begun(account, path);
  const page = await browser.get(answer);
  return { browser, answer, page, token: decodeURIComponent(browser.cookie(home, 'countersign_sign_in') ?? '') };
}

const me = (at: Gate, token: string, headers: Record<string, string> = ours) =>
  fetch(`http://127.0.0.1:${at.httpPort}/v1/people/me`, {
    headers: { cookie: `countersign_sign_in=${token}`, ...headers },
  });

describe('signing in with a real identity provider', () => {
  it('goes the whole way, and every process knows the person at once', async () => {
    const { page, token } = await signedIn();
    expect(page.status).toBe(200);
    expect(page.headers.get('refresh')).toBe('0; url=/inbox');
    for (const one of [gate, other])
      expect(await (await me(one, token)).json()).toMatchObject({ id: 'dana@acme.example' });
  });

  it('asks with PKCE S256, a state and a nonce, and keeps nothing a script could read', async () => {
    const browser = new Browser();
    const start = await browser.get(`${home}/sign-in`);
    const asked = new URL(start.headers.get('location')!).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.get(name)!.length).toBeGreaterThan(30);
    expect(start.headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Lax/);
    const { page } = await signedIn();
    expect(page.headers.getSetCookie().join('\n')).toMatch(
      /countersign_sign_in=csi_[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict/,
    );
  });

  it('is recorded, and so is signing out, after which no process takes it', async () => {
    const { token } = await signedIn();
    const response = await fetch(`${home}/sign-out`, {
      method: 'POST',
      headers: { cookie: `countersign_sign_in=${token}`, ...ours },
    });
    expect(response.status).toBe(200);
    for (const one of [gate, other]) expect((await me(one, token)).status).toBe(401);
    const { rows } = await place.admin.query<{ body: Buffer }>("select body from events where decision_id like 'ppl%'");
    const types = rows.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type);
    expect(types).toEqual(expect.arrayContaining(['person.signed_in', 'person.signed_out']));
  });

  it('leaves no token behind that was made in it, when it is signed out or ended', async () => {
    const [out, ended] = [await signedIn(), await signedIn()];
    const make = async ({ token }: { token: string }) =>
      (await gate.grpc.call(token, createToken, { name: 'x', scopes: ['all'] })).secret;
    const secrets = [await make(out), await make(ended)];
    await fetch(`${home}/sign-out`, {
      method: 'POST',
      headers: { cookie: `countersign_sign_in=${out.token}`, ...ours },
    });
    await expect(other.grpc.call(secrets[0], whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await other.grpc.call(secrets[1], whoAmI, {});
    await other.grpc.call('cs_dev_ops', endSignIns, { person: 'dana@acme.example' });
    await expect(gate.grpc.call(secrets[1], whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('that is taken on by a fresh one keeps what was made in it, until that one ends', async () => {
    const { browser, token } = await signedIn();
    const { secret } = await gate.grpc.call(token, createToken, { name: 'x', scopes: ['all'] });
    const answer = await browser.through(await browser.get(`${home}/sign-in`), 'dana@acme.example', back);
    await browser.get(answer);
    expect((await me(gate, token)).status).toBe(401);
    await gate.grpc.call(secret, whoAmI, {});
    const now = decodeURIComponent(browser.cookie(home, 'countersign_sign_in')!);
    await fetch(`${home}/sign-out`, { method: 'POST', headers: { cookie: `countersign_sign_in=${now}`, ...ours } });
    await expect(gate.grpc.call(secret, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('ends with its person, and when an operator says so', async () => {
    const { token } = await signedIn('ana@acme.example');
    await people.changed(
      (text) => text.replace('    name: Ana Roy\n', '    name: Ana Roy\n    disabled: true\n'),
      async () => expect((await me(gate, token)).status).toBe(401),
    );
    expect((await me(gate, token)).status).toBe(200);
    const person = 'ana@acme.example';
    await expect(gate.grpc.call('cs_dev_lee', endSignIns, { person })).rejects.toMatchObject({
      reason: 'ROLE_REQUIRED',
    });
    expect(await gate.grpc.call('cs_dev_ops', endSignIns, { person })).toMatchObject({
      ended: 1,
      inEffectEverywhere: true,
    });
    for (const one of [gate, other]) expect((await me(one, token)).status).toBe(401);
  });

  it('is for people in the directory only', async () => {
    const { page, token } = await signedIn('mallory@evil.example');
    expect([page.status, token]).toEqual([403, '']);
    expect(page.text).toContain('not in the directory');
  });

  it('ends at whatever process the browser comes back to', async () => {
    const { browser, answer } = await begun();
    const cookie = `countersign_sign_in_try=${browser.cookies.get(new URL(home).host)!.get('countersign_sign_in_try')}`;
    const elsewhere = new URL(answer.pathname + answer.search, `http://127.0.0.1:${other.httpPort}`);
    expect((await fetch(elsewhere, { headers: { cookie } })).status).toBe(200);
  });

  it('leaves no code, token or cookie in the log', async () => {
    const { answer, token } = await signedIn();
    const logged = gate.log() + other.log();
    for (const secret of [token, answer.searchParams.get('code')!, CLIENT.secret]) expect(logged).not.toContain(secret);
  });
});

describe('an attacker who', () => {
  it('replays the answer of the identity provider is not signed in', async () => {
    const { browser, answer } = await begun();
    const kept = new Map(browser.cookies.get(new URL(home).host));
    expect((await browser.get(answer)).status).toBe(200);
    browser.cookies.set(new URL(home).host, kept);
    expect((await browser.get(answer)).status).toBe(401);
  });

  it('brings their own answer to a victim (login CSRF) signs nobody in', async () => {
    const { answer } = await begun('lee@acme.example');
    const victim = new Browser();
    expect((await victim.get(answer)).status).toBe(401);
    await victim.get(`${home}/sign-in`);
    expect((await victim.get(answer)).status).toBe(401);
    expect(victim.cookie(home, 'countersign_sign_in')).toBeUndefined();
  });

  it.each<[string, (url: URL) => void]>([
    ['changes the state', (url) => url.searchParams.set('state', 'other')],
    ['leaves the state out', (url) => url.searchParams.delete('state')],
    ['answers as another issuer (mix-up)', (url) => url.searchParams.set('iss', 'https://evil.example')],
    ['leaves the issuer out', (url) => url.searchParams.delete('iss')],
    ['makes a code up', (url) => url.searchParams.set('code', 'made-up')],
  ])('%s is not signed in', async (_, change) => {
    const { browser, answer } = await begun();
    change(answer);
    const page = await browser.get(answer);
    expect(page.status).toBe(401);
    expect(browser.cookie(home, 'countersign_sign_in')).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['nonce', 'a nonce of another sign-in'],
    ['verifier', 'a-verifier-of-another-sign-in-that-is-long-enough-0123456789'],
    ['at', 0],
    ['at', Date.now() - 60_000],
    ['to', '/inbox/elsewhere'],
    ['step_up', 'dec_01hzy6zdkp8v4c5j3n2m1k0q9r'],
  ])('exchanges the %s in the browser for %s is not signed in', async (name, value) => {
    const { browser, answer } = await begun();
    const jar = browser.cookies.get(new URL(home).host)!;
    const [text, seal] = jar.get('countersign_sign_in_try')!.split('.');
    const kept = JSON.parse(Buffer.from(text!, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...kept, [name]: value })).toString('base64url');
    jar.set('countersign_sign_in_try', `${forged}.${seal}`);
    const page = await browser.get(answer);
    expect([page.status, page.text]).toEqual([401, expect.stringContaining('did not start to sign in here')]);
  });

  it.each(['', '.', 'e30', 'e30.', `e30.${'A'.repeat(43)}`])(
    'keeps %j in the browser is not signed in',
    async (kept) => {
      const { browser, answer } = await begun();
      browser.cookies.get(new URL(home).host)!.set('countersign_sign_in_try', kept);
      expect((await browser.get(answer)).status).toBe(401);
    },
  );

  it('plants a sign-in before the victim signs in (fixation) finds it was not used', async () => {
    const { browser, answer } = await begun();
    browser.cookies.get(new URL(home).host)!.set('countersign_sign_in', 'csi_planted');
    await browser.get(answer);
    expect(browser.cookie(home, 'countersign_sign_in')).not.toBe('csi_planted');
    expect((await me(gate, 'csi_planted')).status).toBe(401);
  });

  it('has another site act with the cookie is refused', async () => {
    const { token } = await signedIn();
    for (const headers of [
      {},
      { 'x-countersign-inbox': '1', 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-origin' },
    ])
      expect((await me(gate, token, headers as Record<string, string>)).status).toBe(401);
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/\t/evil.example', ''])(
    'sends the victim on to %s ends in the inbox',
    (to) => expect(ownPath(to)).toBe('/inbox'),
  );
});

describe('an access token of the identity provider', () => {
  const claimed = (more: object = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: provider.issuer, aud: API, sub: 'dana@acme.example', iat: now, exp: now + 300, ...more };
  };

  it('is taken for its person, and for an agent by the claim that is configured', async () => {
    const person = await provider.sign(claimed());
    expect(await gate.grpc.call(person, whoAmI, {})).toMatchObject({ kind: 'person', id: 'dana@acme.example' });
    expect(await gate.grpc.call(person, whoAmI, {})).toMatchObject({ id: 'dana@acme.example' });
    const agent = await provider.sign(claimed({ sub: 'x', countersign_agent: 'release-bot' }));
    expect(await other.grpc.call(agent, whoAmI, {})).toMatchObject({ kind: 'agent', id: 'release-bot' });
  });

  it.each<[string, unknown]>([
    ['is disabled', 'release-bot'],
    ['nobody knows', 'other-bot'],
    ['is none', { id: 'release-bot' }],
  ])('of an agent that %s is not one of the person it was made for', async (_, countersign_agent) => {
    const token = await provider.sign(claimed({ countersign_agent }));
    await people.changed(
      (text) => text.replace('    owner: sam@acme.example\n', '    owner: sam@acme.example\n    disabled: true\n'),
      async () => {
        for (const one of [gate, other])
          await expect(one.grpc.call(token, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      },
    );
  });

  it.each<[string, object]>([
    ['for another audience, as an ID token is', { aud: CLIENT.id }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['that is over', { exp: Math.floor(Date.now() / 1000) - 120 }],
    ['without an end', { exp: undefined }],
    ['that is not yet good', { nbf: Math.floor(Date.now() / 1000) + 300 }],
    ['of nobody here', { sub: 'mallory@evil.example' }],
  ])('%s is none', async (_, more) => {
    await expect(gate.grpc.call(await provider.sign(claimed(more)), whoAmI, {})).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('that is over by less than clocks differ is taken', async () => {
    const token = await provider.sign(claimed({ exp: Math.floor(Date.now() / 1000) - 5 }));
    expect(await gate.grpc.call(token, whoAmI, {})).toMatchObject({ id: 'dana@acme.example' });
  });

  it('signed with nothing, with the public key as a secret, or with an unknown key is none', async () => {
    const jwks = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: { n: string }[] };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = part(claimed());
    const hmac = (key: string) => {
      const text = `${part({ alg: 'HS256', kid: 'one' })}.${body}`;
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
    };
    const forged = [
      `${part({ alg: 'none' })}.${body}.`,
      `${part({ alg: 'none' })}.${body}.AAAA`,
      hmac(jwks.keys[0]!.n),
      hmac(JSON.stringify(jwks.keys[0])),
      hmac(CLIENT.secret),
      await provider.sign(claimed(), { kid: 'other' }),
    ];
    for (const token of forged)
      await expect(gate.grpc.call(token, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('where policy wants a fresh proof', () => {
  it('an approval counts after signing in again for that decision, and for no other', async () => {
    const { token } = await signedIn();
    const ask = async (rows: number) =>
      (
        await gate.grpc.call(BOT, DecisionService.method.decide, {
          action: { name: 'db.delete' },
          resource: { type: 'table', id: 'prod.orders' },
          argumentsForm: { case: 'argumentsJson', value: JSON.stringify({ rows }) },
        })
      ).id;
    const [id, second] = [await ask(501), await ask(502)];
    const approve = (which: string, as: string) =>
      fetch(`${home}/v1/approvals/${which}/votes`, {
        method: 'POST',
        headers: { cookie: `countersign_sign_in=${as}`, ...ours, 'content-type': 'application/json' },
        body: JSON.stringify({ vote: 'VOTE_APPROVE' }),
      });
    expect([(await approve(id, token)).status, await (await approve(id, token)).text()]).toEqual([
      400,
      expect.stringContaining('STEP_UP_REQUIRED'),
    ]);
    const fresh = await signedIn('dana@acme.example', `/sign-in?step_up=${id}`);
    expect(fresh.page.headers.get('refresh')).toBe(`0; url=/inbox/${id}`);
    expect((await approve(second, fresh.token)).status).toBe(400);
    expect(await (await approve(id, fresh.token)).json()).toMatchObject({ decision: { state: 'STATE_ALLOWED' } });
  });
});

describe('where people are known by what the identity provider says of them', () => {
  let claiming: Gate;
  let scim: ScimClient;

  beforeAll(async () => {
    const env = {
      COUNTERSIGN_PUBLIC_URL: claims.home,
      COUNTERSIGN_OIDC_ISSUER: provider.issuer,
      COUNTERSIGN_OIDC_CLIENT_ID: CLIENT.id,
      COUNTERSIGN_OIDC_CLIENT_SECRET: CLIENT.secret,
      COUNTERSIGN_OIDC_GROUPS_CLAIM: 'groups',
      COUNTERSIGN_SCIM_TOKEN: TOKEN,
    };
    claiming = await startGate({ ...place, directory: people, env, ports: claims.ports });
    scim = new ScimClient(claiming.httpPort);
  });
  afterAll(() => claiming?.stop());

  /** What the browser holds in the end; empty when the person was not let in. */
  const enter = async (account: string) => {
    const browser = new Browser();
    const back = `${claims.home}/sign-in/callback`;
    await browser.get(await browser.through(await browser.get(`${claims.home}/sign-in`), account, back));
    return decodeURIComponent(browser.cookie(claims.home, 'countersign_sign_in') ?? '');
  };
  const known = async (token: string) => (await me(claiming, token)).status === 200;

  it('whoever neither the file nor SCIM knows is in the groups of their claims', async () => {
    expect(await (await me(claiming, await enter('new@idp.example'))).json()).toMatchObject({ groups: ['dba'] });
  });

  it('one human being is not two, by the id of the provider and by the one that SCIM has', async () => {
    provider.said['oid-joy'] = { email: 'joy@idp.example' };
    const before = await enter('oid-joy');
    expect(await known(before)).toBe(true);
    await scim.user('Joy@idp.example');
    expect(await known(before)).toBe(false);
    expect(await enter('oid-joy')).toBe('');
    expect(await known(await enter('joy@idp.example'))).toBe(false);
  });

  // Fails when the owner of an agent, whom SCIM has by an object id, signs in by another and approves what it asks.
  it('nor by an address that SCIM has besides the id', async () => {
    provider.said['oid-amy'] = { email: 'amy@idp.example' };
    const before = await enter('oid-amy');
    expect(await known(before)).toBe(true);
    await scim.user('guid-amy', { emails: [{ value: 'Amy@idp.example' }] });
    expect(await known(before)).toBe(false);
    expect(await enter('oid-amy')).toBe('');
    expect(await known(await enter('guid-amy'))).toBe(true);
  });

  it('somebody whom the provider also calls otherwise does not approve what is done for them', async () => {
    provider.said['oid-ivy'] = { email: 'ivy@idp.example' };
    const cookie = await enter('oid-ivy');
    const request = { ...bulkDelete(), principal: 'Ivy@idp.example' };
    const { id } = await claiming.grpc.call(BOT, DecisionService.method.decide, request);
    const vote = claiming.grpc.call(cookie, castVote, { id, vote: Vote.APPROVE });
    await expect(vote).rejects.toMatchObject({ reason: 'SELF_APPROVAL' });
  });

  it('somebody whom the file has disabled is not let in under another spelling of their id', async () => {
    await people.changed(
      (text) => text.replace('    name: Dana Ito\n', '    name: Dana Ito\n    disabled: true\n'),
      async () => {
        for (const account of ['dana@acme.example', 'DANA@acme.example']) expect(await enter(account)).toBe('');
      },
    );
    expect(await enter('Release-Bot')).toBe('');
  });

  it('somebody whom SCIM has removed does not live on by what was said of them before', async () => {
    const before = await enter('kim@idp.example');
    expect(await known(before)).toBe(true);
    const { id } = await scim.user('kim@idp.example');
    const after = await enter('kim@idp.example');
    expect(await (await me(claiming, after)).json()).toMatchObject({ id: 'kim@idp.example', groups: [] });
    await scim.delete(`/Users/${id}`);
    for (const token of [before, after]) expect(await known(token)).toBe(false);
  });

  it('an id that SCIM gives to another person brings neither the tokens nor the accounts of who had it', async () => {
    const [ray, sue] = [await scim.user('ray@idp.example'), await scim.user('sue@idp.example')];
    const cookie = await enter('ray@idp.example');
    const { secret } = await claiming.grpc.call(cookie, createToken, { name: 'laptop', scopes: ['all'] });
    const { id, code } = await claiming.grpc.call(cookie, startLink, { channel: 'slack' });
    const account = 'T0ACME/U0RAY';
    await claiming.grpc.call(SERVICE_TOKEN, presentLinkCode, {
      code,
      person: 'ray@idp.example',
      chatAccount: { channel: 'slack', account },
    });
    await claiming.grpc.call(cookie, confirmLink, { id, account });
    await claiming.grpc.call(secret, whoAmI, {});
    await scim.patch(`/Users/${ray.id}`, [{ op: 'replace', path: 'userName', value: 'ray-old@idp.example' }]);
    await scim.patch(`/Users/${sue.id}`, [{ op: 'replace', path: 'userName', value: 'ray@idp.example' }]);
    expect(await known(await enter('ray@idp.example'))).toBe(true);
    for (const one of [claiming, gate])
      for (const token of [secret, cookie])
        await expect(one.grpc.call(token, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const vote = { id: `dec_${'0'.repeat(26)}`, vote: 1, chatAccount: { channel: 'slack', account } };
    await expect(claiming.grpc.call(SERVICE_TOKEN, castVote, vote)).rejects.toMatchObject({ reason: 'NOT_LINKED' });
  });
});

describe('while the identity provider is down', () => {
  it('who is signed in stays so, who wants to be is told, and nothing falls over', async () => {
    const { token } = await signedIn();
    await provider.stop();
    expect((await me(gate, token)).status).toBe(200);
    const started = await begunWithout();
    expect([303, 503]).toContain(started.status);
    const fresh = await startGate({
      ...place,
      env: { COUNTERSIGN_OIDC_ISSUER: provider.issuer, COUNTERSIGN_OIDC_CLIENT_ID: CLIENT.id },
    });
    const page = await fetch(`http://127.0.0.1:${fresh.httpPort}/sign-in`, { redirect: 'manual' });
    expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('does not answer')]);
    expect((await me(fresh, token)).status).toBe(200);
    await fresh.stop();
  });
});

async function begunWithout() {
  return fetch(`${home}/sign-in`, { redirect: 'manual' });
}
