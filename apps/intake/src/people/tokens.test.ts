import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { ApprovalService, DecisionService, PeopleService, PolicyService } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  BOT,
  bulkDelete,
  DANA,
  GATEWAY,
  LEE,
  newPlace,
  People,
  READ,
  SAM,
  SERVICE_TOKEN,
  startGate,
  type Gate,
  typesOf,
} from '../../../../test/gate.js';
import { until } from '../../../../test/until.js';
import { hashOf, isToken, newToken } from './token-text.js';

const { createToken, listTokens, revokeToken, whoAmI, whoIs } = PeopleService.method;
const OPS = 'cs_dev_ops';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let other: Gate;
const people = new People();

beforeAll(async () => {
  place = await newPlace();
  const options = { ...place, directory: people };
  [gate, other] = [await startGate(options), await startGate(options)];
});
afterAll(async () => {
  await Promise.all([gate, other].map((one) => one?.stop()));
  await place.remove();
});

const make = (as: string, scopes: string[] = ['read'], more: { agent?: string; days?: number } = {}) =>
  gate.grpc.call(as, createToken, {
    name: 'laptop',
    scopes,
    agent: more.agent ?? '',
    ...(more.days === undefined ? {} : { lifetime: durationFromMs(more.days * 86_400_000) }),
  });

describe('the text of a token', () => {
  it('is found by its shape, and one wrong digit makes it none', () => {
    const token = newToken();
    expect(token).toMatch(/^cs_[0-9A-Za-z]{36}$/);
    expect(isToken(token)).toBe(true);
    const digit = token[10] === 'a' ? 'b' : 'a';
    expect(isToken(`${token.slice(0, 10)}${digit}${token.slice(11)}`)).toBe(false);
    expect(new Set(Array.from({ length: 1_000 }, newToken)).size).toBe(1_000);
  });
});

describe('a token', () => {
  it('acts as its person within its scopes, at every process, and says so', async () => {
    const { secret, token } = await make(DANA, ['vote']);
    for (const one of [gate, other])
      expect(await one.grpc.call(secret, whoAmI, {})).toMatchObject({
        kind: 'person',
        id: 'dana@acme.example',
        scopes: ['vote'],
      });
    expect(await gate.http(secret, '/v1/people/me')).toMatchObject({
      id: 'dana@acme.example',
      expires_at: expect.any(String),
    });
    await gate.grpc.call(secret, ApprovalService.method.listApprovals, {});
    const refused = { code: 'PERMISSION_DENIED', reason: 'SCOPE_REQUIRED' };
    await expect(gate.grpc.call(secret, PolicyService.method.rollbackBundle, { reason: 'x' })).rejects.toMatchObject(
      refused,
    );
    await expect(make(secret)).rejects.toMatchObject(refused);
    expect(token).toMatchObject({ person: 'dana@acme.example', name: 'laptop' });
  });

  it('that may only read casts no vote', async () => {
    const { secret } = await make(DANA);
    const vote = gate.grpc.call(secret, ApprovalService.method.castVote, { id: `dec_${'0'.repeat(26)}`, vote: 1 });
    await expect(vote).rejects.toMatchObject({ reason: 'SCOPE_REQUIRED' });
  });

  it('never does more than its person may, whatever its scopes say', async () => {
    const { secret } = await make(LEE, ['all']);
    const stop = gate.http(secret, '/v1/people/tokens?person=dana%40acme.example');
    await expect(stop).rejects.toMatchObject({ reason: 'ROLE_REQUIRED' });
  });

  it('is not kept: neither the table, the record nor the log hold it', async () => {
    const { secret } = await make(DANA);
    await gate.grpc.call(secret, whoAmI, {});
    const { rows } = await place.admin.query<{ text: string }>('select row_to_json(r)::text as text from registry r');
    const kept = rows.map(({ text }) => text).join('\n');
    expect(kept).toContain(hashOf(secret).slice(0, 20));
    const events = await place.admin.query<{ body: Buffer }>('select body from events');
    const told = events.rows.map(({ body }) => body.toString('utf8')).join('\n');
    expect(told).toContain('token.issued');
    expect(told).not.toContain(hashOf(secret));
    for (const text of [kept, told, gate.log(), other.log()]) expect(text).not.toContain(secret);
  });

  it('that is revoked works nowhere when the answer comes, and both are on the record', async () => {
    const { secret, token } = await make(DANA);
    await other.grpc.call(secret, whoAmI, {});
    expect(await gate.grpc.call(DANA, revokeToken, { id: token!.id })).toMatchObject({ inEffectEverywhere: true });
    for (const one of [gate, other])
      await expect(one.grpc.call(secret, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const { rows } = await place.admin.query('select body from events where decision_id = $1', [token!.id]);
    const types = (rows as { body: Buffer }[]).map(
      ({ body }) => (JSON.parse(body.toString()) as { type: string }).type,
    );
    expect(types).toEqual(['token.issued', 'token.revoked']);
    await expect(gate.grpc.call(DANA, revokeToken, { id: token!.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  describe('that is revoked while something goes on with it', () => {
    const { decideStream, decide, waitDecision, watchDecision, withdrawDecision } = DecisionService.method;
    const { watchApprovals, castVote } = ApprovalService.method;
    const revoke = (as: string, id: string) => other.grpc.call(as, revokeToken, { id });
    const gone = { code: 'UNAUTHENTICATED', reason: 'UNKNOWN_CREDENTIAL' };

    const hex = (text: string) => Buffer.from(text).toString('hex');
    const seen = async (requestId: string) =>
      (await place.admin.query('select 1 from events where body::text like $1', [`%${hex(requestId)}%`])).rows.length >
      0;

    it('decides nothing more on a stream that was open before', async () => {
      const { secret, token } = await make(SAM, ['all'], { agent: 'release-bot' });
      const read = (requestId: string) => ({ ...READ, requestId });
      const asked = async function* () {
        yield read('before-it');
        await until('the first is decided', () => seen('before-it'));
        await revoke(SAM, token!.id);
        yield read('behind-it');
      };
      await expect(gate.grpc.exchange(secret, decideStream, asked())).rejects.toMatchObject(gone);
      expect(await seen('behind-it')).toBe(false);
    });

    it('or may do less speaks for nobody else on a stream that was open before', async () => {
      const read = (requestId: string) => ({ ...READ, requestId, subject: { type: 'agent', id: 'release-bot' } });
      let goOn = () => {};
      const lost = new Promise<void>((resolve) => (goOn = resolve));
      const asked = async function* () {
        yield read('while-it-may');
        await lost;
        yield read('when-it-may-not');
      };
      const answers = gate.grpc.exchange(GATEWAY, decideStream, asked());
      await until('the first is decided', () => seen('while-it-may'));
      const less = (text: string) => text.replace('may_assert_subjects: true', 'may_assert_subjects: false');
      await people.changed(less, async () => {
        goOn();
        expect((await answers).map(({ result }) => result.case)).toEqual(['decision', 'error']);
      });
      expect(await seen('when-it-may-not')).toBe(false);
    });

    it('or whose group is no longer asked sees no more of a decision', async () => {
      const { id } = await gate.grpc.call(BOT, decide, bulkDelete());
      const states = gate.grpc.watch(DANA, watchDecision, { id });
      expect((await states.next()).value).toMatchObject({ id });
      const left = (text: string) =>
        text.replace('[dba, oncall]\n    roles: [approver, auditor, policy_admin]', '[finance]');
      await people.changed(left, async () => {
        await gate.grpc.call(BOT, withdrawDecision, { id });
        await expect(states.next()).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'NOT_YOURS' });
      });
    });

    it('makes no other by a request whose body comes later', async () => {
      const { secret, token } = await make(SAM, ['all']);
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json', expect: '100-continue' };
      const sending = request({ port: gate.httpPort, method: 'POST', path: '/v1/people/tokens', headers });
      const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
      const known = once(sending, 'continue');
      sending.flushHeaders();
      await known;
      await gate.grpc.call(SAM, revokeToken, { id: token!.id });
      sending.end(JSON.stringify({ name: 'child', scopes: ['all'] }));
      const [answer] = await answered;
      expect(answer.resume().statusCode).toBe(401);
      const { tokens } = await gate.grpc.call(SAM, listTokens, {});
      expect(tokens.filter(({ name }) => name === 'child')).toEqual([]);
    });

    it('sees no further approvals', async () => {
      const { secret, token } = await make(DANA, ['read']);
      const first = await gate.grpc.call(BOT, decide, bulkDelete());
      const views = gate.grpc.watch(secret, watchApprovals, {});
      await until('it is seen', async () => (await views.next()).value?.id === first.id);
      await revoke(DANA, token!.id);
      await gate.grpc.call(BOT, decide, bulkDelete());
      await expect(views.next()).rejects.toMatchObject(gone);
    });

    it.each(['grpc', 'http'] as const)('is given no grant that it waited for: %s', async (way) => {
      const { secret, token } = await make(SAM, ['all'], { agent: 'release-bot' });
      const { id } = await gate.grpc.call(BOT, decide, bulkDelete());
      const waiting =
        way === 'grpc'
          ? gate.grpc.call(secret, waitDecision, { id, wait: durationFromMs(15_000) })
          : gate.http(secret, `/v1/decisions/${id}?wait=15s`);
      const refused = expect(waiting).rejects.toMatchObject(gone);
      // Revoked through the same process and on the same connection: the wait was there before.
      await gate.grpc.call(SAM, revokeToken, { id: token!.id });
      await gate.grpc.call(DANA, castVote, { id, vote: 1 });
      await refused;
    });
  });

  it('of somebody else is there for nobody but operators', async () => {
    const { token } = await make(DANA);
    await expect(gate.grpc.call(LEE, revokeToken, { id: token!.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(gate.grpc.call(LEE, listTokens, { person: 'dana@acme.example' })).rejects.toMatchObject({
      reason: 'ROLE_REQUIRED',
    });
    expect(
      (await gate.grpc.call(OPS, listTokens, { person: 'dana@acme.example' })).tokens.map(({ id }) => id),
    ).toContain(token!.id);
    await gate.grpc.call(OPS, revokeToken, { id: token!.id });
  });

  it('dies with its person', async () => {
    const { secret } = await make(ANA, ['all']);
    await people.changed(
      (text) => text.replace('    name: Ana Roy\n', '    name: Ana Roy\n    disabled: true\n'),
      async () => {
        for (const one of [gate, other])
          await expect(one.grpc.call(secret, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      },
    );
    await gate.grpc.call(secret, whoAmI, {});
  });

  it('made with another one does not outlive it, nor do more', async () => {
    const parent = await make(DANA, ['all'], { days: 1 });
    const child = await make(parent.secret, ['vote'], { days: 300 });
    expect(child.token!.expiresAt!.seconds).toBeLessThanOrEqual(parent.token!.expiresAt!.seconds);
  });

  it('takes all that was made with it along when it is revoked: a stolen one leaves no children', async () => {
    const stolen = await make(SAM, ['all']);
    const child = await make(stolen.secret, ['all']);
    const grandchild = await other.grpc.call(child.secret, createToken, { name: 'x', scopes: ['read'] });
    const bot = await make(child.secret, ['all'], { agent: 'release-bot' });
    const beside = await make(SAM, ['all']);
    await other.grpc.call(SAM, revokeToken, { id: stolen.token!.id });
    for (const { secret } of [stolen, child, grandchild, bot])
      for (const one of [gate, other])
        await expect(one.grpc.call(secret, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await gate.grpc.call(beside.secret, whoAmI, {});
    expect(await typesOf(place.admin, grandchild.token!.id)).toEqual(['token.issued', 'token.revoked']);
  });

  it('of which many are made with one at once is kept each time', async () => {
    const { secret } = await make(LEE, ['all']);
    const made = await Promise.all(Array.from({ length: 8 }, () => make(secret)));
    for (const one of made) expect(await other.grpc.call(one.secret, whoAmI, {})).toMatchObject({ kind: 'person' });
  });

  it('that is made while the one it is made with is revoked is revoked, too', async () => {
    for (let round = 0; round < 5; round++) {
      const parent = await make(DANA, ['all']);
      const [made] = await Promise.allSettled([
        make(parent.secret, ['read']),
        other.grpc.call(DANA, revokeToken, { id: parent.token!.id }),
      ]);
      if (made.status === 'fulfilled')
        await expect(gate.grpc.call(made.value.secret, whoAmI, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('of an agent is made by its owner and by nobody else', async () => {
    const { secret } = await make(SAM, ['all'], { agent: 'release-bot' });
    expect(await gate.grpc.call(secret, whoAmI, {})).toMatchObject({ kind: 'agent', id: 'release-bot' });
    const read = { action: { name: 'db.read' }, resource: { type: 'table', id: 'orders' } };
    expect(await gate.grpc.call(secret, DecisionService.method.decide, read)).toMatchObject({ mayAct: true });
    await expect(make(DANA, ['all'], { agent: 'release-bot' })).rejects.toMatchObject({ reason: 'NOT_YOURS' });
    await expect(make(BOT, ['all'], { agent: 'release-bot' })).rejects.toMatchObject({ reason: 'NOT_A_PERSON' });
  });

  it.each([
    ['for more than a year', { name: 'x', lifetime: durationFromMs(400 * 86_400_000) }, 'lifetime'],
    ['for no time', { name: 'x', lifetime: durationFromMs(0) }, 'lifetime'],
    ['with a scope that is none', { name: 'x', scopes: ['root'] }, 'scopes'],
    ['without a name', { name: '  ' }, 'name'],
  ])('is not made %s', async (_, request, field) => {
    await expect(gate.grpc.call(DANA, createToken, request)).rejects.toMatchObject({ fields: [{ field }] });
  });
});

describe('the other services', () => {
  it('learn whose a token is by its hash, and nobody else does', async () => {
    const { secret } = await make(DANA, ['record']);
    const tokenSha256 = Buffer.from(hashOf(secret), 'base64');
    expect(await gate.grpc.call(SERVICE_TOKEN, whoIs, { tokenSha256 })).toMatchObject({
      known: true,
      caller: { kind: 'person', id: 'dana@acme.example', scopes: ['record'] },
    });
    expect(await gate.grpc.call(SERVICE_TOKEN, whoIs, { tokenSha256: Buffer.alloc(32) })).toMatchObject({
      known: false,
    });
    for (const token of [DANA, BOT])
      await expect(gate.grpc.call(token, whoIs, { tokenSha256 })).rejects.toMatchObject({ reason: 'NOT_A_SERVICE' });
  });
});
