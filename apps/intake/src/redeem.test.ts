import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  answered,
  ANYTHING,
  approvals,
  approved,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  eventsOf,
  GATEWAY,
  HOLD,
  newPlace,
  People,
  READ,
  startGate,
  SUPPORT,
  typesOf,
  type Gate,
} from '../../../test/gate.js';
import { until } from '../../../test/until.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let told: Gate;
const directory = new People();

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate({ ...place, directory });
  told = await startGate({ ...place, directory, policies: ANYTHING });
});
afterAll(async () => {
  await gate.stop();
  await told.stop();
  await place.remove();
});

const redeem = (grant: string, request: object, token = BOT) =>
  gate.grpc.call(token, decisions.redeemGrant, { ...request, grant });
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

describe('a grant', () => {
  it('says what it permits in the standard claims, and verifies with the published key', async () => {
    const request = bulkDelete();
    const { id, grant, actionDigest, grantExpiresAt } = await approved(gate, request);
    const [header, payload] = grant.split('.') as [string, string, string];
    expect(decode(payload)).toMatchObject({
      iss: 'https://gate.example',
      sub: 'release-bot',
      act: { sub: 'release-bot' },
      txn: id,
      exp: Number(grantExpiresAt!.seconds),
      max_uses: 1,
      authorization_details: [{ type: 'countersign_action', action: 'db.delete', action_hash: actionDigest }],
      approvals: [{ by: 'dana@acme.example' }],
    });
    const { keys } = (await (await fetch(`http://127.0.0.1:${gate.httpPort}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[];
    };
    expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: decode(header)['kid'] }]);
    // Asked for again it is the same.
    expect((await gate.grpc.call(BOT, decisions.getDecision, { id })).grant).toBe(grant);
  });

  it('is used up by one redeem, for exactly that action, and then the outcome is reported', async () => {
    const request = bulkDelete();
    const { id, grant } = await approved(gate, request);
    expect(await redeem(grant, request)).toMatchObject({
      redeemed: true,
      decision: { id, state: State.REDEEMED, mayAct: false, final: true, grant: '' },
    });
    await expect(redeem(grant, request)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'GRANT_USED' });
    const report = { id, success: true, summary: '12,480 rows deleted', details: { rows: 12480 } };
    expect(await gate.grpc.call(BOT, decisions.reportOutcome, report)).toMatchObject({ state: State.REDEEMED });
    await gate.grpc.call(BOT, decisions.reportOutcome, report);
    await expect(gate.grpc.call(BOT, decisions.reportOutcome, { id, success: false })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'ALREADY_REPORTED',
    });
    expect(await typesOf(place.admin, id)).toEqual([
      'decision.held',
      'vote.cast',
      'decision.approved',
      'grant.redeemed',
      'grant.refused',
      'outcome.reported',
    ]);
  });

  it('is redeemed and reported over HTTP as well', async () => {
    const { id, grant } = await approved(gate, bulkDelete('prod.http'));
    const body = {
      grant,
      action: { name: 'db.delete' },
      arguments: { rows: 12480 },
      resource: { type: 'table', id: 'prod.http' },
    };
    expect(await gate.http(BOT, '/v1/grants:redeem', { body })).toMatchObject({ redeemed: true });
    await expect(gate.http(BOT, '/v1/grants:redeem', { body })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      httpStatus: 400,
    });
    expect(
      await gate.http(BOT, `/v1/decisions/${id}:report`, { body: { success: false, summary: 'timed out' } }),
    ).toMatchObject({ state: 'STATE_REDEEMED' });
    expect((await eventsOf(place.admin, id)).at(-1)).toMatchObject({
      type: 'outcome.reported',
      data: { by: 'release-bot', success: false, summary: 'timed out' },
    });
  });

  it.each([
    ['one argument', { argumentsForm: { case: 'argumentsJson', value: '{"rows":12481}' } }],
    ['one argument more', { argumentsForm: { case: 'argumentsJson', value: '{"rows":12480,"where":""}' } }],
    ['the type of an argument', { argumentsForm: { case: 'argumentsJson', value: '{"rows":"12480"}' } }],
    ['no arguments', { argumentsForm: { case: undefined } }],
    ['one character of the resource', { resource: { type: 'table', id: 'prod.Orders' } }],
    ['the action', { action: { name: 'db.update' } }],
    [
      'a property of the subject',
      { subject: { id: 'release-bot', propertiesForm: { case: 'propertiesJson', value: '{"a":1}' } } },
    ],
  ] as const)(
    'does not fit an action with %s changed, is on record for it, and still fits its own',
    async (_, change) => {
      const request = bulkDelete();
      const { id, grant } = await approved(gate, request);
      await expect(redeem(grant, { ...request, ...change })).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'ACTION_DIFFERS',
      });
      expect((await eventsOf(place.admin, id)).at(-1)).toMatchObject({
        type: 'grant.refused',
        data: { by: 'release-bot', because: 'action-differs' },
      });
      expect(await redeem(grant, { ...request, justification: undefined })).toMatchObject({ redeemed: true });
    },
  );

  it('is for the agent it was given to', async () => {
    const request = bulkDelete();
    const { id, grant } = await approved(gate, request);
    for (const token of [SUPPORT, DANA])
      await expect(redeem(grant, request, token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(gate.grpc.call(SUPPORT, decisions.reportOutcome, { id, success: true })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    // A gateway acts for its agents, and has to say for which.
    const subject = { type: 'agent', id: 'release-bot' };
    await expect(redeem(grant, request, GATEWAY)).rejects.toMatchObject({ reason: 'ACTION_DIFFERS' });
    expect(await redeem(grant, { ...request, subject }, GATEWAY)).toMatchObject({ redeemed: true });
  });

  it('can be had and reported on only after it exists and was used', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
    await expect(gate.grpc.call(BOT, decisions.reportOutcome, { id, success: true })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'NOT_ACTED',
    });
    const allowed = await gate.grpc.call(BOT, decisions.decide, READ);
    expect(allowed.grant).toBe('');
    expect(await gate.grpc.call(BOT, decisions.reportOutcome, { id: allowed.id, success: true })).toMatchObject({
      state: State.ALLOWED,
    });
  });

  it('of an outright allowance works in the same way, when policy wants one', async () => {
    const allow = { ...HOLD, effect: 'allow', approval: undefined, grant: { expires_in: '1m' } };
    const request = answered(allow);
    const { grant, id } = await told.grpc.call(BOT, decisions.decide, request);
    expect(await told.grpc.call(BOT, decisions.redeemGrant, { ...request, grant })).toMatchObject({ redeemed: true });
    expect(await typesOf(place.admin, id)).toEqual(['decision.allowed', 'grant.redeemed']);
  });
});

describe('at the moment of use', () => {
  it('a grant whose time is over is refused, whatever any timer has done', async () => {
    const answer = { ...HOLD, grant: { expires_in: '1s' } };
    const request = answered(answer);
    const { id, grant } = await approved(told, request);
    await until('it is over', async () => (await typesOf(place.admin, id)).includes('grant.expired'));
    await expect(told.grpc.call(BOT, decisions.redeemGrant, { ...request, grant })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'GRANT_EXPIRED',
    });
    expect(await told.grpc.call(BOT, decisions.getDecision, { id })).toMatchObject({
      state: State.EXPIRED,
      mayAct: false,
      grant: '',
    });
  });

  it.each([
    ['policy denies it', { effect: 'deny', approval: undefined }, 'POLICY_DENIES'],
    ['policy breaks', { effect: 'whatever' }, 'POLICY_DENIES'],
    [
      'policy wants people of another group',
      { approval: { seats: [{ group: 'security', count: 1 }] } },
      'APPROVER_GONE',
    ],
    [
      'policy excludes who approved',
      { approval: { ...HOLD.approval, exclude: ['dana@acme.example'] } },
      'APPROVER_GONE',
    ],
  ])('it is refused when %s by now', async (_, change, reason) => {
    const request = answered(HOLD);
    const { grant } = await approved(told, request);
    // Context does not bind here, so policy can be told to answer differently.
    const now = { ...request, contextForm: answered({ ...HOLD, ...change }).contextForm };
    await expect(told.grpc.call(BOT, decisions.redeemGrant, { ...now, grant })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason,
    });
  });

  it.each([
    ['has left the group', (text: string) => text.replace('groups: [dba, oncall]', 'groups: [oncall]')],
    ['has left', (text: string) => text.replace('id: dana@acme.example', 'id: dora@acme.example')],
    ['owns the agent', (text: string) => text.replace('owner: sam@acme.example', 'owner: dana@acme.example')],
  ])('it is refused when the approver %s by now', async (_, change) => {
    const request = bulkDelete();
    const { grant } = await approved(gate, request);
    await directory.changed(change, async () => {
      await expect(redeem(grant, request)).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'APPROVER_GONE',
      });
    });
    expect(await redeem(grant, request)).toMatchObject({ redeemed: true });
  });
});

it('sixty-four redeems at once, through two processes, are one use', async () => {
  const request = bulkDelete();
  const { id, grant } = await approved(gate, request);
  const second = await startGate({ ...place, directory });
  const results = await Promise.allSettled(
    Array.from({ length: 64 }, (_, i) =>
      (i % 2 === 0 ? gate : second).grpc.call(BOT, decisions.redeemGrant, { ...request, grant }),
    ),
  );
  await second.stop();
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results)
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'GRANT_USED' });
  const types = await typesOf(place.admin, id);
  expect(types.filter((type) => type === 'grant.redeemed')).toHaveLength(1);
  expect(types.filter((type) => type === 'grant.refused')).toHaveLength(63);
});

it('a grant for one place is refused to an enforcement point of another, whatever it says', async () => {
  const request = { ...bulkDelete(), audience: 'https://db.example' };
  const { grant } = await approved(gate, request);
  const subject = { type: 'agent', id: 'release-bot' };
  const at = (where: string, work: () => Promise<void>) =>
    directory.changed(
      (text) => text.replace('may_assert_subjects: true', `may_assert_subjects: true\n    audience: ${where}`),
      work,
    );
  await at('https://mail.example', () =>
    expect(redeem(grant, { ...request, subject }, GATEWAY)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'WRONG_AUDIENCE',
    }),
  );
  await at('[https://mail.example, https://db.example]', async () => {
    expect(await redeem(grant, { ...request, subject }, GATEWAY)).toMatchObject({ redeemed: true });
  });
});

describe('whoever has left while somebody else was faster', () => {
  const LEFT = (text: string) => text.replace('groups: [dba, oncall]', 'groups: [oncall]');

  /** Both writes wait for the row, the faster first; then the directory changes, and they go on. */
  async function overtaken(id: string, faster: () => Promise<unknown>, slower: () => Promise<unknown>, left = LEFT) {
    const waiting = async (count: number) => {
      const { rows } = await place.admin.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rows.length >= count;
    };
    await place.admin.query('begin');
    await place.admin.query('select 1 from intake.decisions where id = $1 for update', [id]);
    const first = faster();
    await until('the faster waits', () => waiting(1));
    const second = slower();
    second.catch(() => undefined);
    await until('both wait', () => waiting(2));
    await directory.changed(left, async () => {
      await place.admin.query('commit');
      await first;
      await expect(second).rejects.toMatchObject({ code: expect.any(String) as string });
    });
    return second.then(
      () => '',
      ({ reason }: { reason: string }) => reason,
    );
  }

  it('the directory altogether is nobody', async () => {
    const two = { ...HOLD, approval: { seats: [{ group: 'dba', count: 2 }], expires_in: '1h' } };
    const { id } = await told.grpc.call(BOT, decisions.decide, answered(two));
    const vote = (by: Gate, token: string) => () => by.grpc.call(token, approvals.castVote, { id, vote: Vote.APPROVE });
    const removed = (text: string) => text.replace('  - id: dana@acme.example', '  - id: other@acme.example');
    expect(await overtaken(id, vote(gate, ANA), vote(told, DANA), removed)).toBe('NO_SUCH_PERSON');
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'vote.cast']);
  });

  it('has no vote', async () => {
    const two = { ...HOLD, approval: { seats: [{ group: 'dba', count: 2 }], expires_in: '1h' } };
    const { id } = await told.grpc.call(BOT, decisions.decide, answered(two));
    const vote = (by: Gate, token: string) => () => by.grpc.call(token, approvals.castVote, { id, vote: Vote.APPROVE });
    expect(await overtaken(id, vote(gate, ANA), vote(told, DANA))).toBe('NOT_ASKED');
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'vote.cast', 'vote.refused']);
  });

  it('breaks no glass', async () => {
    const rule = {
      rule: 'incident',
      groups: ['dba'],
      duration: '15m',
      review: { groups: ['security'], within: '24h' },
    };
    const approval = { seats: [{ group: 'dba', count: 2 }], expires_in: '1h' };
    const glass = {
      break_glass: { rules: [{ ...rule, reason: 'may, in an incident', notify: ['dba'] }], guarded: false },
    };
    const { id } = await told.grpc.call(BOT, decisions.decide, answered({ ...HOLD, ...glass, approval }));
    const vote = () => gate.grpc.call(ANA, approvals.castVote, { id, vote: Vote.APPROVE });
    const breaks = () => told.grpc.call(DANA, approvals.breakGlass, { decisionId: id, reason: 'checkout is down' });
    expect(await overtaken(id, vote, breaks)).toBe('BREAK_GLASS_DENIED');
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'vote.cast', 'break_glass.refused']);
  });

  it('counts no longer for a grant', async () => {
    const request = answered({ ...HOLD, grant: { expires_in: '10m', uses: 3 } });
    const { id, grant } = await approved(told, request);
    const use = (by: Gate) => () => by.grpc.call(BOT, decisions.redeemGrant, { ...request, grant });
    // The faster has counted Dana already; the slower has to look again.
    expect(await overtaken(id, use(gate), use(told))).toBe('APPROVER_GONE');
    expect((await typesOf(place.admin, id)).slice(-2)).toEqual(['grant.redeemed', 'grant.refused']);
  });
});
