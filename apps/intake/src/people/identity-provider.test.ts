import { createServer } from 'node:http';
import { PeopleService } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPlace, People, startGate, type Gate } from '../../../../test/gate.js';
import { Browser, CLIENT, startIdentityProvider, type IdentityProvider } from '../../../../test/identity-provider.js';
import { freePorts } from '../../../../tools/services/ports.mjs';

// What an identity provider does over the years: it changes keys, addresses and groups. The clock is moved, not waited for.

const API = 'https://gate.example/api';
const DANA = 'dana@acme.example';
const MINUTE = 60_000;
const { whoAmI, endSignIns } = PeopleService.method;

let place: Awaited<ReturnType<typeof newPlace>>;
let provider: IdentityProvider;
let ports: number[];
/** Knows people by `sub`, and believes claims about those whom nobody else knows. */
let gate: Gate;
/** Knows people by their address. */
let byAddress: Gate;
const people = new People();

beforeAll(async () => {
  place = await newPlace();
  ports = await freePorts(5);
  provider = await startProvider('one');
  const env = {
    COUNTERSIGN_OIDC_ISSUER: provider.issuer,
    COUNTERSIGN_OIDC_CLIENT_ID: CLIENT.id,
    COUNTERSIGN_OIDC_CLIENT_SECRET: CLIENT.secret,
    COUNTERSIGN_OIDC_AUDIENCE: API,
  };
  const start = (at: number, more: Record<string, string>) =>
    startGate({
      ...place,
      directory: people,
      env: { ...env, COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${ports[at + 1]}`, ...more },
      ports: [ports[at]!, ports[at + 1]!],
    });
  gate = await start(0, { COUNTERSIGN_OIDC_GROUPS_CLAIM: 'groups' });
  byAddress = await start(2, { COUNTERSIGN_OIDC_SUBJECT_CLAIM: 'email' });
});
afterAll(async () => {
  vi.useRealTimers();
  await Promise.all([gate, byAddress].map((one) => one?.stop()));
  await provider?.stop();
  await place.remove();
});

/** Everything in this process sees the same time, the provider included; it never goes back, as no clock should. */
const later = (ms: number) => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

const startProvider = (kid: string) =>
  startIdentityProvider(
    ports[4]!,
    [ports[1], ports[3]].map((port) => `http://127.0.0.1:${port}/sign-in/callback`),
    kid,
  );

async function signIn(account: string, at: Gate = gate) {
  const home = `http://127.0.0.1:${at.httpPort}`;
  const browser = new Browser();
  const back = await browser.through(await browser.get(`${home}/sign-in`), account, `${home}/sign-in/callback`);
  const page = await browser.get(back);
  return { page, token: decodeURIComponent(browser.cookie(home, 'countersign_sign_in') ?? '') };
}

const me = (token: string, at: Gate = gate, path = '/v1/people/me') =>
  fetch(`http://127.0.0.1:${at.httpPort}${path}`, {
    headers: { cookie: `countersign_sign_in=${token}`, 'x-countersign-inbox': '1', 'sec-fetch-site': 'same-origin' },
  });

let serial = 0;
const accessToken = (claims: object = {}, header = {}) => {
  const now = Math.floor(Date.now() / 1000);
  const jti = String(serial++);
  return provider.sign(
    { iss: provider.issuer, aud: API, sub: DANA, iat: now, exp: now + 7_200, jti, ...claims },
    header,
  );
};
const caller = (token: string, at: Gate = gate) => at.grpc.call(token, whoAmI, {});
const unknown = { code: 'UNAUTHENTICATED' };

describe('a provider that changes its key', () => {
  it('is followed without a restart, for sign-ins and for access tokens, and the key that is gone is none soon', async () => {
    const old = await accessToken();
    expect(await caller(old)).toMatchObject({ id: DANA });
    expect((await signIn(DANA)).page.status).toBe(200);
    const before = provider;
    await provider.stop();
    provider = await startProvider('two');
    later(MINUTE + 1_000);
    expect(await caller(await accessToken())).toMatchObject({ id: DANA });
    expect((await signIn(DANA)).page.status).toBe(200);
    // Neither what was verified before nor what is signed now with the key that was taken back.
    await expect(caller(old)).rejects.toMatchObject(unknown);
    const now = Math.floor(Date.now() / 1000);
    const forged = await before.sign({ iss: provider.issuer, aud: API, sub: DANA, iat: now, exp: now + 300 });
    await expect(caller(forged)).rejects.toMatchObject(unknown);
  });

  it('and takes one back is believed no longer than five minutes, though no new key is ever seen', async () => {
    const token = await accessToken();
    expect(await caller(token)).toMatchObject({ id: DANA });
    await provider.stop();
    provider = await startProvider('three');
    later(5 * MINUTE);
    await expect(caller(token)).rejects.toMatchObject(unknown);
  });

  it('is not asked for its keys by every token with a key that nobody knows', async () => {
    await caller(await accessToken());
    const before = provider.keysAsked;
    const tokens = await Promise.all(Array.from({ length: 40 }, (_, i) => accessToken({}, { kid: `made up ${i}` })));
    await Promise.all(tokens.map((token) => expect(caller(token)).rejects.toMatchObject(unknown)));
    expect(provider.keysAsked - before).toBe(0);
    later(31_000);
    for (const token of tokens) await expect(caller(token)).rejects.toMatchObject(unknown);
    expect(provider.keysAsked - before).toBe(1);
  });

  it('and is down is not mistaken for one that does not know the token, nor asked once for every token', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => accessToken()));
    await provider.stop();
    later(10 * MINUTE);
    const down = { code: 'UNAVAILABLE', reason: 'IDENTITY_PROVIDER_UNAVAILABLE' };
    for (const token of tokens) await expect(caller(token)).rejects.toMatchObject(down);
    provider = await startProvider('three');
    // Until a moment has passed it is not asked again, though it is back.
    await expect(caller(tokens[0]!)).rejects.toMatchObject(down);
    expect(provider.keysAsked).toBe(0);
    later(2_000);
    expect(await caller(await accessToken())).toMatchObject({ id: DANA });
  });
});

describe('a sign-in', () => {
  it('ends after an hour without use, and use is what a person does, not a page that is left open', async () => {
    const { token } = await signIn(DANA);
    later(40 * MINUTE);
    expect((await me(token)).status).toBe(200);
    later(40 * MINUTE);
    expect((await me(token)).status).toBe(200);
    later(40 * MINUTE);
    const open = await me(token, gate, '/inbox/events');
    expect(open.status).toBe(200);
    await open.body!.cancel();
    later(20 * MINUTE);
    expect((await me(token)).status).toBe(401);
  });

  it('ends after twelve hours, however much it is used', async () => {
    const { token } = await signIn(DANA);
    for (let minutes = 0; minutes < 720 - 45; minutes += 45) {
      later(45 * MINUTE);
      expect((await me(token)).status).toBe(200);
    }
    later(44 * MINUTE);
    expect((await me(token)).status).toBe(200);
    later(MINUTE);
    expect((await me(token)).status).toBe(401);
  });
});

describe('an address', () => {
  it('says nothing of who somebody is unless that is configured', async () => {
    provider.said['somebody'] = { email: 'free@acme.example', email_verified: true };
    const { token } = await signIn('somebody');
    expect(await (await me(token)).json()).toMatchObject({ id: 'somebody' });
    // Whoever might be Dana is not let in as Dana, nor as one more beside her.
    provider.said['somebody'] = { email: DANA, email_verified: true };
    expect((await signIn('somebody')).page.status).toBe(403);
    await expect(caller(await accessToken({ sub: 'x', email: DANA, email_verified: true }))).rejects.toMatchObject(
      unknown,
    );
  });

  it('that is not verified signs nobody in where it is, and says so', async () => {
    for (const email_verified of [false, 'true', undefined]) {
      provider.said['account-of-lee'] = { email: 'lee@acme.example', email_verified };
      const { page, token } = await signIn('account-of-lee', byAddress);
      expect([page.status, token]).toEqual([403, '']);
      expect(page.text).toContain('not verified');
    }
  });

  it('that is changed, or given to another account, at the provider moves nobody', async () => {
    provider.said['account-of-lee'] = { email: 'lee@acme.example', email_verified: true };
    const { token } = await signIn('account-of-lee', byAddress);
    expect(await (await me(token, byAddress)).json()).toMatchObject({ id: 'lee@acme.example' });
    // Lee's account takes Dana's address, and somebody else's takes Lee's.
    provider.said['account-of-lee'] = { email: DANA, email_verified: true };
    provider.said['account-of-eve'] = { email: 'lee@acme.example', email_verified: true };
    for (const account of ['account-of-lee', 'account-of-eve']) {
      const { page, token: none } = await signIn(account, byAddress);
      expect([page.status, none]).toEqual([403, '']);
      expect(page.text).toContain('nobody becomes somebody else by an address');
    }
    const lee = { email: 'lee@acme.example', email_verified: true };
    expect(await caller(await accessToken({ ...lee, sub: 'account-of-lee' }), byAddress)).toMatchObject({
      id: 'lee@acme.example',
    });
    const taken = await accessToken({ ...lee, sub: 'account-of-eve' });
    await expect(caller(taken, byAddress)).rejects.toMatchObject(unknown);
  });

  it('opens the API only to the account that has signed in with it', async () => {
    const token = await accessToken({ sub: 'account-of-ben', email: 'ben@acme.example', email_verified: true });
    await expect(caller(token, byAddress)).rejects.toMatchObject(unknown);
    provider.said['account-of-ben'] = { email: 'ben@acme.example', email_verified: true };
    await signIn('account-of-ben', byAddress);
    expect(await caller(token, byAddress)).toMatchObject({ id: 'ben@acme.example' });
  });

  it('is free again when an operator lets go of it, which nobody does for themselves', async () => {
    provider.said['first-of-ops'] = { email: 'ops@acme.example', email_verified: true };
    provider.said['second-of-ops'] = { email: 'ops@acme.example', email_verified: true };
    const person = 'ops@acme.example';
    await signIn('first-of-ops', byAddress);
    await byAddress.grpc.call('cs_dev_ops', endSignIns, { person });
    expect((await signIn('second-of-ops', byAddress)).page.status).toBe(403);
    await byAddress.grpc.call('cs_dev_ana', endSignIns, { person });
    expect((await signIn('second-of-ops', byAddress)).page.status).toBe(200);
    expect((await signIn('first-of-ops', byAddress)).page.status).toBe(403);
  });
});

describe('what the provider says of somebody', () => {
  it('and is no text that can be kept is left out, and keeps nobody out', async () => {
    provider.said['odd'] = { name: 'Odd \ud800', groups: ['dba', 'x\ud800', 'y\u0000'] };
    const { page, token } = await signIn('odd');
    expect(page.status).toBe(200);
    expect(await (await me(token)).json()).toMatchObject({ id: 'odd', name: 'odd', groups: ['dba'] });
  });
});

describe('groups that are claimed', () => {
  it('and left out because there are too many let nobody in without them, and say what to change', async () => {
    const overage = { groups: undefined, _claim_names: { groups: 'src1' } };
    const said = { overage, hidden: { hasgroups: true }, long: { groups: Array.from({ length: 1_001 }, String) } };
    for (const [account, claims] of Object.entries(said)) {
      provider.said[account] = claims;
      const { page, token } = await signIn(account);
      expect([account, page.status, token]).toEqual([account, 403, '']);
      expect(page.text).toContain('more groups than the identity provider tells');
    }
    // Whom the file describes has the groups of the file, so nothing is lost.
    provider.said[DANA] = overage;
    expect((await signIn(DANA)).page.status).toBe(200);
    delete provider.said[DANA];
  });
});

describe('an issuer', () => {
  it('that calls itself by another name than the configured one signs nobody in (mix-up), and the operator is told which', async () => {
    const impostor = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ issuer: provider.issuer, authorization_endpoint: `${provider.issuer}/auth` }));
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const { port } = impostor.address() as { port: number };
    const env = { COUNTERSIGN_OIDC_ISSUER: `http://127.0.0.1:${port}`, COUNTERSIGN_OIDC_CLIENT_ID: CLIENT.id };
    const fooled = await startGate({ ...place, env });
    const page = await fetch(`http://127.0.0.1:${fooled.httpPort}/sign-in`, { redirect: 'manual' });
    expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('COUNTERSIGN_OIDC_ISSUER')]);
    await fooled.stop();
    await new Promise((resolve) => impostor.close(resolve));
  });
});
