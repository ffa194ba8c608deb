import { request } from 'node:http';
import { Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  approvals,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  eventsOf,
  newPlace,
  People,
  startGate,
  type Gate,
} from '../gate.js';

// The inbox's own routes as anything but a browser may call them.

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
const directory = new People();

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate({ ...place, directory, env: { COUNTERSIGN_PUBLIC_URL: 'https://gate.example' } });
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

const PAGE = { 'x-countersign-inbox': '1', 'sec-fetch-site': 'same-origin' };
const COOKIE = { cookie: `countersign_sign_in=${DANA}` };
const go = (path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${gate.httpPort}${path}`, { redirect: 'manual', ...init });
const signIn = (token: string, headers: Record<string, string> = PAGE) =>
  go('/sign-in/token', { method: 'POST', headers, body: JSON.stringify({ token }) });

describe('the pages', () => {
  it('hold nothing of anybody, and may be framed, extended and typed as something else by nobody', async () => {
    for (const path of [
      '/inbox',
      '/inbox/dec_01m7y7r80e3cwk6f2qkh99acrs',
      '/inbox/assets/inbox.js',
      '/inbox/assets/inbox.css',
    ]) {
      const response = await go(path);
      expect(response.status).toBe(200);
      const policy = response.headers.get('content-security-policy')!;
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const page = await (await go('/inbox')).text();
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style| on\w+=| style=|https?:/);
  });

  it('are sent again only when they have changed, and no file beside them', async () => {
    const etag = (await go('/inbox/assets/inbox.css')).headers.get('etag')!;
    expect((await go('/inbox/assets/inbox.css', { headers: { 'if-none-match': etag } })).status).toBe(304);
    for (const name of ['nothing.js', '..%2f..%2fpackage.json', 'assets'])
      expect((await go(`/inbox/assets/${name}`)).status, name).toBe(404);
    expect((await go('/')).headers.get('location')).toBe('/inbox');
  });
});

describe('signing in with a token', () => {
  it('gives a cookie that no script reads and no other site sends', async () => {
    const response = await signIn(DANA);
    expect(await response.json()).toEqual({ name: 'Dana Ito' });
    expect(response.headers.get('set-cookie')).toBe(
      `__Host-countersign_sign_in=${DANA}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure`,
    );
    const out = await go('/sign-out', { method: 'POST', headers: PAGE });
    expect(out.headers.get('set-cookie')).toContain('__Host-countersign_sign_in=; Path=/; Max-Age=0');
  });

  it.each([
    ['nobody knows the token', () => signIn('cs_dev_nobody'), 401],
    ['it is the key of an agent', () => signIn(BOT), 401],
    ['it is empty', () => signIn(' '), 400],
    ['the body is none', () => go('/sign-in/token', { method: 'POST', headers: PAGE, body: 'token=x' }), 400],
    ['it is far too long', () => signIn('x'.repeat(20_000)), 400],
    [
      'another site asks for it',
      () => signIn(DANA, { 'x-countersign-inbox': '1', 'sec-fetch-site': 'cross-site' }),
      403,
    ],
    ['a form asks for it', () => signIn(DANA, {}), 403],
    ['another site signs out', () => go('/sign-out', { method: 'POST' }), 403],
  ])('does not when %s', async (_, ask, status) => {
    const response = await ask();
    expect([response.status, response.headers.get('set-cookie')]).toEqual([status, null]);
  });
});

describe('a cookie', () => {
  const vote = async (id: string, headers: Record<string, string>) =>
    (
      await go(`/v1/approvals/${id}/votes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ vote: 'VOTE_APPROVE' }),
      })
    ).status;

  it('alone votes for nobody, whatever another site makes a browser send', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    expect(await vote(id, COOKIE)).toBe(401);
    expect(await vote(id, { ...COOKIE, 'x-countersign-inbox': '1', 'sec-fetch-site': 'cross-site' })).toBe(401);
    expect(await vote(id, { ...COOKIE, 'x-countersign-inbox': '1', origin: 'https://evil.example' })).toBe(401);
    expect((await eventsOf(place.admin, id)).map(({ type }) => type)).toEqual(['decision.held']);
    expect(await vote(id, { ...COOKIE, ...PAGE })).toBe(200);
    expect((await eventsOf(place.admin, id))[1]).toMatchObject({ type: 'vote.cast', data: { channel: 'inbox' } });
  });

  it('of an agent shows no inbox', async () => {
    const cookie = `countersign_sign_in=${BOT}`;
    expect((await go('/inbox/me', { headers: { ...PAGE, cookie } })).status).toBe(403);
    expect((await go('/inbox/events', { headers: { ...PAGE, cookie } })).status).toBe(403);
    expect((await go('/inbox/me', { headers: COOKIE })).status).toBe(401);
  });
});

describe('the stream of events', () => {
  it('carries each approval as it changes, and ends when the person is no longer there', async () => {
    const text: string[] = [];
    const over = new Promise<void>((resolve) => {
      const headers = { ...PAGE, ...COOKIE };
      request({ port: gate.httpPort, path: '/inbox/events?time_zone=Asia/Tokyo', headers }, (response) => {
        expect(response.headers['content-type']).toBe('text/event-stream');
        response.on('data', (chunk: Buffer) => text.push(chunk.toString()));
        response.on('end', resolve);
      }).end();
    });
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    const has = (part: string) => () => text.join('').includes(part);
    await expect.poll(has(`id: ${id}\n`), { timeout: 8_000 }).toBe(true);
    await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'no' });
    await expect.poll(has('"outcome":"Denied by Dana Ito: no"'), { timeout: 8_000 }).toBe(true);
    await directory.changed(
      (file) => file.replace('name: Dana Ito', 'name: Dana Ito\n    disabled: true'),
      async () => {
        await gate.grpc.call(BOT, decisions.decide, bulkDelete('prod.secret'));
        await over;
      },
    );
    expect(text.join('')).not.toContain('prod.secret');
  });
});
