import { cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKeys, UsedGrants, verifyGrant, type Jwks } from '@countersign/grant';
import { KeyFolder, removeKey, rotateKeys } from '@countersign/keys';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { approved, BOT, bulkDelete, decisions, newPlace, startGate, type Gate } from '../../../test/gate.js';
import { until } from '../../../test/until.js';
import { GrantKeys } from './grant-keys.js';

// Keys are added, used, retired and taken away while grants are out.

const HOUR = 3_600_000;
const kidOf = (grant: string) =>
  (JSON.parse(Buffer.from(grant.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
const jwksOf = async ({ httpPort }: Gate) => {
  const response = await fetch(`http://127.0.0.1:${httpPort}/.well-known/jwks.json`);
  return { cache: response.headers.get('cache-control'), jwks: (await response.json()) as Jwks };
};
const kids = async (gate: Gate) => (await jwksOf(gate)).jwks.keys.map((key) => key['kid']);

describe('the key of grants, while everything runs', () => {
  let place: Awaited<ReturnType<typeof newPlace>>;
  let gate: Gate;
  let folder: string;
  beforeAll(async () => {
    place = await newPlace();
    gate = await startGate(place);
    folder = join(place.dataDir, 'keys');
  });
  afterAll(async () => {
    await gate.stop();
    await place.remove();
  });
  const redeem = (grant: string, request: object, at = gate) =>
    at.grpc.call(BOT, decisions.redeemGrant, { ...request, grant });

  it('is rotated without a restart: what the old one signed works, what is new has the new one', async () => {
    const replica = await startGate(place);
    const [before, kept, after] = [bulkDelete(), bulkDelete(), bulkDelete()];
    const old = await approved(gate, before);
    const later = await approved(gate, kept);
    const next = rotateKeys(folder, new Date());
    expect(await kids(gate)).toEqual([kidOf(old.grant), next.kid]);
    expect(await kids(replica)).toEqual(await kids(gate));
    await until('its second has come', () => Promise.resolve(Date.now() >= next.signsFrom));
    const fresh = await approved(replica, after);
    expect(kidOf(fresh.grant)).toBe(next.kid);
    expect(await redeem(fresh.grant, after)).toMatchObject({ redeemed: true });
    expect(await redeem(old.grant, before, replica)).toMatchObject({ redeemed: true });
    // A grant is of the key of its time, whoever asks when.
    expect((await replica.grpc.call(BOT, decisions.getDecision, { id: later.id })).grant).toBe(later.grant);
    await replica.stop();
  });

  it('is published before it signs, and its name says from when', async () => {
    const from = new Date(Date.now() + HOUR);
    const next = rotateKeys(folder, from);
    const { cache, jwks } = await jwksOf(gate);
    expect(cache).toBe('public, max-age=60');
    expect(jwks.keys.at(-1)).toMatchObject({ kid: next.kid, nbf: Math.ceil(from.getTime() / 1000) });
    expect(jwks.keys.at(-1)).not.toHaveProperty('d');
    const { grant } = await approved(gate, bulkDelete());
    expect(kidOf(grant)).not.toBe(next.kid);
    removeKey(folder, next.kid);
  });

  it('that is taken away is refused at once, everywhere, and the permission can be had anew', async () => {
    const replica = await startGate(place);
    const request = { ...bulkDelete(), audience: 'db' };
    const { id, grant } = await approved(gate, request);
    const stolen = kidOf(grant);
    const next = rotateKeys(folder, new Date(Date.now() + HOUR));
    removeKey(folder, stolen);
    for (const at of [gate, replica])
      await expect(redeem(grant, request, at)).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        reason: 'UNKNOWN_KEY',
      });
    expect(await kids(replica)).not.toContain(stolen);
    expect(readKeys((await jwksOf(gate)).jwks).has(stolen)).toBe(false);
    const anew = await gate.grpc.call(BOT, decisions.getDecision, { id });
    expect(kidOf(anew.grant)).not.toBe(stolen);
    expect(await redeem(anew.grant, request, replica)).toMatchObject({ redeemed: true });
    removeKey(folder, next.kid);
    await replica.stop();
  });

  it('is found by a target system that has not heard of it', async () => {
    const request = { ...bulkDelete(), audience: 'db' };
    const { grant } = await approved(gate, request);
    const expected = { issuer: 'https://gate.example', audience: 'db', once: new UsedGrants() };
    const action = { action: { name: 'db.delete', properties: { rows: 12480 } }, resource: request.resource };
    const { jwks } = await jwksOf(gate);
    expect(await verifyGrant(grant, { ...expected, action, keys: jwks })).toMatchObject({ use: 1 });
  });

  it('is missing when all were taken away: nothing is signed, and the service says that it is not ready', async () => {
    const request = bulkDelete();
    const { id } = await approved(gate, request);
    const away = await mkdtemp(join(tmpdir(), 'countersign-away-'));
    const names = (await readdir(folder)).filter((name) => name.startsWith('grant'));
    for (const name of names) await rename(join(folder, name), join(away, name));
    await expect(gate.grpc.call(BOT, decisions.getDecision, { id })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'NO_GRANT_KEY',
    });
    const ready = await fetch(`http://127.0.0.1:${gate.httpPort}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ problems: { grant_keys: expect.stringContaining('holds no key') } });
    for (const name of names) await rename(join(away, name), join(folder, name));
    await rm(away, { recursive: true });
    expect((await gate.grpc.call(BOT, decisions.getDecision, { id })).grant).not.toBe('');
  });

  it('is published for as long as a grant of its time can be used', async () => {
    const quiet = join(place.dataDir, 'quiet');
    const [first] = new KeyFolder(quiet).keys();
    const second = rotateKeys(quiet, new Date(Date.now() - HOUR));
    const published = async () => {
      const one = await startGate({ ...place, env: { COUNTERSIGN_GRANT_KEYS: quiet } });
      const found = await kids(one);
      await one.stop();
      return found;
    };
    const { id } = await approved(gate, bulkDelete());
    expect(await published()).toEqual([second.kid]);
    const issued = new Date(Date.now() - 2 * HOUR).toISOString();
    await place.admin.query(
      `update decisions set state = jsonb_set(state::jsonb, '{granted_at}', to_jsonb($2::text))::json where id = $1`,
      [id, issued],
    );
    expect(await published()).toEqual([first!.kid, second.kid]);
  });

  it('may be another one in each process: they believe each other, if each has the keys of both', async () => {
    const [here, there] = [join(place.dataDir, 'here'), join(place.dataDir, 'there')];
    const first = new KeyFolder(here).keys()[0]!;
    const second = rotateKeys(here, new Date(Date.now() - HOUR));
    await cp(here, there, { recursive: true, preserveTimestamps: true });
    // There, the second key signs in an hour only.
    const name = `grant-${new Date(Date.now() + HOUR).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z.pem`;
    await rename(join(there, second.name), join(there, name));
    const one = await startGate({ ...place, env: { COUNTERSIGN_GRANT_KEYS: here } });
    const other = await startGate({ ...place, env: { COUNTERSIGN_GRANT_KEYS: there } });
    const [a, b] = [bulkDelete(), bulkDelete()];
    const ofOne = await approved(one, a);
    const ofOther = await approved(other, b);
    expect([kidOf(ofOne.grant), kidOf(ofOther.grant)]).toEqual([second.kid, first.kid]);
    expect(await redeem(ofOne.grant, a, other)).toMatchObject({ redeemed: true });
    expect(await redeem(ofOther.grant, b, one)).toMatchObject({ redeemed: true });
    await one.stop();
    await other.stop();
  });
});

describe('a key that has been followed by another', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is published while anything it has signed can be used, and no longer', async () => {
    const T = Date.parse('2026-11-20T14:00:00Z');
    const keys = new KeyFolder(folder);
    const [first] = keys.keys();
    const second = rotateKeys(folder, new Date(T));
    const world = { now: T - HOUR, open: true, asked: [] as string[] };
    const grantKeys = new GrantKeys({
      folder: keys,
      openBefore: (at) => {
        world.asked.push(at.toISOString());
        return Promise.resolve(world.open);
      },
      now: () => new Date(world.now),
    });
    const published = async () => (await grantKeys.jwks()).keys.map((key) => (key as { kid: string }).kid);
    expect([T - 1, T, T + HOUR].map((at) => grantKeys.signerAt(at).kid)).toEqual([first!.kid, second.kid, second.kid]);
    // Before and shortly after the change nobody is asked: a replica may be behind.
    world.open = false;
    for (const now of [T - HOUR, T, T + 119_999]) {
      world.now = now;
      expect(await published()).toEqual([first!.kid, second.kid]);
    }
    expect(world.asked).toEqual([]);
    world.open = true;
    world.now = T + HOUR;
    expect(await published()).toEqual([first!.kid, second.kid]);
    expect(world.asked).toEqual(['2026-11-20T14:02:00.000Z']);
    world.open = false;
    world.now += 9_000;
    expect(await published()).toEqual([first!.kid, second.kid]);
    world.now += 1_000;
    expect(await published()).toEqual([second.kid]);
    // It is still known, so that who comes late hears that the grant has expired.
    expect(grantKeys.find(first!.kid)).toBeDefined();
  });
});
