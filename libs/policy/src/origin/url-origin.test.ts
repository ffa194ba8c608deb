import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BundleServer } from '../../test/bundle-server.js';
import { ANYTHING, numbered, QUESTION } from '../../test/numbered.js';
import { PolicyHost } from '../host.js';
import { openPolicyHost } from '../open.js';
import type { PolicyEvent } from '../policy.js';
import { pack } from '../tarball.js';
import { UrlOrigin, type UrlOriginOptions } from './url-origin.js';

const [ONE, TWO, THREE] = [numbered(1), numbered(2), numbered(3)];

let server: BundleServer;
let host: PolicyHost;
let events: PolicyEvent[];
beforeEach(async () => {
  server = new BundleServer(ONE.archive);
  await server.start();
  events = [];
  host = new PolicyHost({ log: () => {} });
  host.on((event) => events.push(event));
});
afterEach(async () => {
  host.close();
  await server.stop();
});

const originOf = (options: Partial<UrlOriginOptions> = {}) =>
  new UrlOrigin({ url: server.url, minPauseMs: 20, maxPauseMs: 40, timeoutMs: 500, ...options });
const follow = (options: Partial<UrlOriginOptions> = {}) => host.follow(originOf(options));
const failures = () => events.filter(({ type }) => type === 'load-failed');
/** Long enough for several looks. */
const looks = () => new Promise((resolve) => setTimeout(resolve, 200));

describe('a bundle server', () => {
  it('is asked once before anything is answered, and again for what is new', async () => {
    await follow();
    expect(host.evaluate(QUESTION).policy.revision).toBe(ONE.revision);
    expect(host.bundles()[0]).toMatchObject({ source: 'url', location: server.url });
    server.publish(TWO.archive);
    await expect.poll(() => host.revision).toBe(TWO.revision);
    expect(host.compiled).toBe(1);
  });

  it('gives what has not changed once: it is asked with the ETag it gave', async () => {
    await follow();
    await looks();
    expect(server.asked.length).toBeGreaterThan(3);
    expect(server.asked[0]).toEqual({ etag: undefined, prefer: 'modes=snapshot;wait=30', authorization: undefined });
    expect(server.asked.at(-1)).toMatchObject({
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/) as string,
      prefer: 'modes=snapshot',
    });
    expect(events).toHaveLength(1);
  });

  it('that can wait is waited for, and answers in the moment something is new', async () => {
    server.longPolling = true;
    await follow({ waitS: 5, minPauseMs: 60_000, maxPauseMs: 60_000 });
    for (const next of [TWO, THREE, ONE]) {
      await expect.poll(() => server.asked.length, { interval: 5 }).toBeGreaterThan(1);
      server.asked.length = 1;
      server.publish(next.archive);
      await expect.poll(() => host.revision, { interval: 5 }).toBe(next.revision);
    }
    await expect.poll(() => server.asked.at(-1)?.prefer).toBe('modes=snapshot;wait=5');
  });

  it('that waits longer than it said is asked again, and nothing is lost', async () => {
    server.longPolling = true;
    await follow({ waitS: 0.1, timeoutMs: 100 });
    await expect.poll(() => failures().length, { timeout: 5_000 }).toBe(1);
    server.publish(TWO.archive);
    await expect.poll(() => host.revision).toBe(TWO.revision);
    expect(host.warning()).toBeUndefined();
  });

  it('gets the token, and whoever it sends us to does not', async () => {
    const elsewhere = new BundleServer(TWO.archive);
    await elsewhere.start();
    server.instead = (response) => response.writeHead(302, { location: elsewhere.url }).end();
    await expect(follow({ token: 'hunter2' })).rejects.toThrow('leads elsewhere: name the address that it leads to');
    await elsewhere.stop();
    expect(server.asked[0]?.authorization).toBe('Bearer hunter2');
    expect(elsewhere.asked).toEqual([]);
  });

  it('does not get its secret query into any message', async () => {
    server.instead = (response) => response.writeHead(403).end();
    const origin = originOf({ url: `${server.url}?sig=hunter2` });
    await expect(host.follow(origin)).rejects.toThrow(`the policy server ${server.url} answers with status 403`);
    expect(JSON.stringify([events, host.problem()])).not.toContain('hunter2');
  });
});

describe('while a bundle server', () => {
  const archive = TWO.archive;
  it.each<[string, NonNullable<BundleServer['instead']>, RegExp]>([
    ['answers 500', (response) => response.writeHead(500).end('oops'), /answers with status 500/],
    ['answers 404', (response) => response.writeHead(404).end(), /answers with status 404/],
    ['hangs', () => undefined, /does not answer in time/],
    ['hangs up', (response) => response.destroy(), /cannot be reached \(UND_ERR_SOCKET\)/],
    [
      'stops in the middle',
      (response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, 1_000), () => response.destroy());
      },
      /cannot be reached/,
    ],
    [
      'stalls in the middle',
      (response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, 1_000));
      },
      /does not answer in time/,
    ],
    ['has half a bundle', (response) => response.writeHead(200).end(archive.subarray(0, 1_000)), /cannot be read/],
    ['has something else', (response) => response.writeHead(200).end('<html>'), /cannot be read/],
    [
      'has an archive without a policy',
      (response) => response.writeHead(200).end(gzipSync(Buffer.alloc(1024))),
      /holds no policy\.wasm/,
    ],
    ['has nothing', (response) => response.writeHead(200).end(), /gives an empty answer/],
    ['has too much', (response) => response.writeHead(200).end(Buffer.alloc(300_000)), /more than 200000 bytes/],
    [
      'has too much, and says so',
      (response) => response.writeHead(200, { 'content-length': 1e12 }).write('x'),
      /more than 200000 bytes/,
    ],
  ])(
    '%s, the old policy serves, which is said in health and in one event, until it is over',
    async (_, instead, why) => {
      await follow({ maxBytes: 200_000 });
      server.publish(TWO.archive);
      server.instead = instead;
      await expect.poll(() => failures().length, { timeout: 5_000 }).toBe(1);
      expect(failures()[0]).toMatchObject({ location: server.url, message: expect.stringMatching(why) as string });
      expect(host.evaluate(QUESTION)).toMatchObject({ effect: 'allow', policy: { revision: ONE.revision } });
      expect(host.problem()).toBeUndefined();
      expect(host.warning()).toMatch(why);
      server.instead = undefined;
      await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(TWO.revision);
      expect(host.warning()).toBeUndefined();
      expect(failures()).toHaveLength(1);
    },
  );

  it('is gone, the old policy serves, and when it is back nothing has to be done', async () => {
    await follow();
    await server.stop();
    await expect.poll(() => host.warning()).toMatch(/cannot be reached \(ECONNREFUSED\)/);
    await server.start();
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toBeUndefined();
    expect([host.revision, failures().length]).toEqual([ONE.revision, 1]);
  });

  it('has a bundle that cannot serve, it is asked for again: it may be mended under the same name', async () => {
    await follow();
    server.publish(pack(new Map([['policy.wasm', Buffer.from('nonsense')]])));
    await expect.poll(() => host.loadFailures, { timeout: 5_000 }).toBeGreaterThan(2);
    expect(failures()).toHaveLength(1);
    expect(host.evaluate(QUESTION).policy.revision).toBe(ONE.revision);
    server.publish(ONE.archive);
    await expect.poll(() => host.warning(), { timeout: 5_000 }).toBeUndefined();
  });
});

describe('a policy that was rolled back from', () => {
  it('does not come back by itself, until its server has another', async () => {
    await follow();
    server.publish(TWO.archive);
    await expect.poll(() => host.revision).toBe(TWO.revision);
    host.rollback();
    // Restarted, it has forgotten its ETags.
    await server.stop();
    await server.start();
    server.publish(TWO.archive);
    await looks();
    expect(host.revision).toBe(ONE.revision);
    expect(host.warning()).toContain(`${TWO.revision} was rolled back from`);
    server.publish(THREE.archive);
    await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(THREE.revision);
    expect(host.warning()).toBeUndefined();
  });
});

it('two origins: the one named last decides as soon as it has a bundle', async () => {
  const second = new BundleServer(TWO.archive);
  await second.start();
  second.instead = (response) => response.writeHead(404).end();
  await follow();
  await expect(host.follow(originOf({ url: second.url }))).rejects.toThrow('404');
  expect(host.revision).toBe(ONE.revision);
  second.instead = undefined;
  await expect.poll(() => host.revision, { timeout: 5_000 }).toBe(TWO.revision);
  server.publish(THREE.archive);
  await looks();
  expect(host.revision).toBe(TWO.revision);
  await second.stop();
});

it('a start without a server and without anything kept denies, says so, and begins to serve when it can', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-url-'));
  await server.stop();
  const late = await openPolicyHost({ source: server.url, pollMs: 20, dataDir, log: () => {} });
  expect(late.problem()).toMatch(/no policy has been loaded: the policy server .* cannot be reached/);
  expect(() => late.evaluate(QUESTION)).toThrow(expect.objectContaining({ code: 'policy-unavailable' }));
  await server.start();
  await expect.poll(() => late.problem(), { timeout: 5_000 }).toBeUndefined();
  expect(late.evaluate(QUESTION).effect).toBe('allow');
  late.close();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
});

it('a candidate is kept up with its server too, and never answers', async () => {
  await host.load(ANYTHING);
  await host.followCandidate(originOf());
  expect(host.bundles().map(({ role, revision }) => [role, revision])).toEqual([
    ['serving', ANYTHING.revision],
    ['candidate', ONE.revision],
  ]);
  server.publish(TWO.archive);
  await expect.poll(() => host.bundles()[1]?.revision).toBe(TWO.revision);
  host.evaluate(QUESTION);
  await expect.poll(() => host.shadowReport()).toMatchObject({ compared: 1, live: ANYTHING.revision });
  await server.stop();
  await expect.poll(() => host.candidateProblem, { timeout: 5_000 }).toMatch(/cannot be reached/);
  expect([host.revision, host.warning()]).toEqual([ANYTHING.revision, undefined]);
});
