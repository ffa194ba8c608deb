import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ACTION, AUDIENCE, CLAIMS, HEADER, ISSUER, JWKS, KID, mint, NOW } from '../test/mint.js';
import { JwksCache, thumbprint, UsedGrants, verifyGrant } from './index.js';

const URL_ = 'https://gate.example/.well-known/jwks.json';
const second = generateKeyPairSync('ed25519');
const secondJwk = second.publicKey.export({ format: 'jwk' });
const secondKid = thumbprint(secondJwk);

/** A server in memory, and a clock that only tests move. */
function world(answer: () => Response | Promise<Response> = () => Response.json(JWKS)) {
  const here = { now: 0, asked: 0, answer, requests: [] as (RequestInit | undefined)[] };
  const fetch = (_: unknown, init?: RequestInit) => {
    here.asked++;
    here.requests.push(init);
    return Promise.resolve().then(() => here.answer());
  };
  const cache = new JwksCache(URL_, { fetch, clock: () => here.now });
  return { here, cache };
}

describe('keys behind a URL', () => {
  it('are asked for once, and again when they are no longer fresh', async () => {
    const { here, cache } = world();
    await Promise.all([cache.find(KID), cache.find(KID)]);
    expect(await cache.find(KID)).toBeDefined();
    expect(here.asked).toBe(1);
    expect(here.requests[0]).toMatchObject({ redirect: 'error' });
    here.now = 60_000;
    expect(await cache.find(KID)).toBeDefined();
    expect(here.asked).toBe(2);
  });

  it('are asked for once more for a key that is new, and not for every name somebody makes up', async () => {
    const { here, cache } = world();
    await cache.find(KID);
    here.now = 5_000;
    here.answer = () => Response.json({ keys: [...JWKS.keys, secondJwk] });
    expect(await cache.find(secondKid)).toBeDefined();
    expect(here.asked).toBe(2);
    for (let i = 0; i < 1_000; i++) expect(await cache.find(`made up ${i}`)).toBeUndefined();
    expect(here.asked).toBe(2);
    here.now = 10_000;
    await Promise.all(Array.from({ length: 100 }, (_, i) => cache.find(`made up ${i}`)));
    expect(here.asked).toBe(3);
  });

  it('that were taken away are gone as soon as they are asked for', async () => {
    const { here, cache } = world();
    await cache.find(KID);
    here.answer = () => Response.json({ keys: [secondJwk] });
    here.now = 59_999;
    expect(await cache.find(KID)).toBeDefined();
    here.now = 60_000;
    expect(await cache.find(KID)).toBeUndefined();
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ['does not answer', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ['answers with an error', () => new Response('no', { status: 503 })],
    ['answers with something else', () => new Response('<html>')],
    ['answers with no list', () => Response.json({ keys: 'none' })],
    ['answers without end', () => new Response('x'.repeat(300_000))],
  ])('serve for ten minutes when the server %s, and then nothing does', async (_, broken) => {
    const { here, cache } = world();
    await cache.find(KID);
    here.answer = broken;
    here.now = 599_999;
    expect(await cache.find(KID)).toBeDefined();
    here.now = 605_000;
    await expect(cache.find(KID)).rejects.toThrow('cannot be had');
    const asked = here.asked;
    await expect(cache.find(KID)).rejects.toThrow('cannot be had');
    expect(here.asked).toBe(asked);
    here.answer = () => Response.json(JWKS);
    here.now = 610_000;
    expect(await cache.find(KID)).toBeDefined();
  });

  it('that cannot be had are a refusal, and nothing runs', async () => {
    const { cache } = world(() => Promise.reject(new Error('down')));
    const once = new UsedGrants();
    const grant = mint(CLAIMS, { ...HEADER, kid: secondKid }, second.privateKey);
    const options = { issuer: ISSUER, audience: AUDIENCE, action: ACTION, now: NOW, once };
    expect(await verifyGrant(grant, { ...options, keys: cache })).toMatchObject({
      refused: { code: 'keys-unavailable' },
    });
    expect(once.size).toBe(0);
    const { cache: other } = world(() => Response.json({ keys: [null, 7, 'key', ...JWKS.keys, secondJwk] }));
    expect(await verifyGrant(grant, { ...options, keys: other })).toMatchObject({ use: 1 });
  });

  it.each(['http://gate.example/jwks', 'ftp://gate.example', '/jwks.json', 'http://127.0.0.1.evil.example/'])(
    'are not asked for at %s, where anybody might answer',
    (url) => expect(() => new JwksCache(url)).toThrow(TypeError),
  );

  it('are shared by URL within a process', () => {
    expect(JwksCache.of(URL_)).toBe(JwksCache.of(URL_));
    expect(() => {
      for (let i = 0; i < 20; i++) JwksCache.of(`https://gate${i}.example/`);
    }).toThrow(RangeError);
  });
});
