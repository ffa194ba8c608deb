import { create } from '@bufbuild/protobuf';
import {
  BreakGlassRequestSchema,
  Finding,
  GateService,
  State,
  Vote,
  type Decision,
  type Envelope,
} from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  answered,
  ANYTHING,
  approvals,
  BEN,
  BOT,
  DANA,
  decisions,
  eventsOf,
  HOLD,
  newPlace,
  People,
  SAM,
  startGate,
  typesOf,
  type Gate,
} from '../../../../test/gate.js';
import { until } from '../../../../test/until.js';

// Broken glass over two processes of intake and one database. Dana is on call; Ana and Ben are in security.

const RULE = {
  ...{ rule: 'incident', reason: 'on call, in an incident', groups: ['oncall'], duration: '15m' },
  ...{ notify: ['security'], review: { groups: ['security'], within: '24h' } },
};
const glass = (more: object = {}, guarded = false) => ({ break_glass: { rules: [{ ...RULE, ...more }], guarded } });
const DENY = { effect: 'deny', reasons: [{ rule: 'no', text: 'is not done' }], risk: { level: 'high', factors: [] } };
const AGENT = { type: 'agent', id: 'release-bot' };

let place: Awaited<ReturnType<typeof newPlace>>;
let one: Gate;
let other: Gate;
const directory = new People();

beforeAll(async () => {
  place = await newPlace();
  one = await startGate({ ...place, policies: ANYTHING, directory });
  other = await startGate({ ...place, policies: ANYTHING, directory });
});
afterAll(async () => {
  await one.stop();
  await other.stop();
  await place.remove();
});

const asking = (answer: object) => ({ ...answered(answer), subject: AGENT });
const breakGlass = (more: object, token = DANA) =>
  one.grpc.call(token, approvals.breakGlass, create(BreakGlassRequestSchema, { reason: 'checkout is down', ...more }));
const closed = (id: string, token = BEN) =>
  other.grpc.call(token, approvals.closeReview, { id, finding: Finding.JUSTIFIED, comment: 'it was down' });
const claimsOf = ({ grant }: Pick<Decision, 'grant'>) =>
  JSON.parse(Buffer.from(grant.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
const redeem = (request: object, { grant }: Pick<Decision, 'grant'>) =>
  other.grpc.call(BOT, decisions.redeemGrant, { ...request, grant });

describe('a broken glass', () => {
  it('permits what waits for people, once, tells security at once, and is reviewed by somebody else', async () => {
    const request = answered({ ...HOLD, ...glass() });
    const { id } = await one.grpc.call(BOT, decisions.decide, request);
    const broken = await breakGlass({ decisionId: id, ticket: 'INC-1' });
    expect(broken).toMatchObject({
      ...{ id, state: State.ALLOWED, grant: '', reasons: [{ rule: 'break-glass' }, { rule: 'held' }] },
      brokenGlass: {
        by: 'dana@acme.example',
        ticket: 'INC-1',
        rule: 'incident',
        overrodeDeny: false,
        notified: ['security'],
      },
      review: { groups: ['security'], overdue: false },
    });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'decision.broke_glass', 'review.opened']);
    expect((await eventsOf(place.admin, id))[1]!.data).toMatchObject({
      destinations: [
        { channel: 'slack', group: 'security' },
        { channel: 'teams', group: 'security' },
      ],
    });
    await expect(other.grpc.call(ANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'no' })).rejects.toMatchObject(
      {
        reason: 'ALREADY_DECIDED',
      },
    );
    const decision = await other.grpc.call(BOT, decisions.getDecision, { id });
    expect(claimsOf(decision)['break_glass']).toMatchObject({ by: 'dana@acme.example', rule: 'incident' });
    expect(await redeem(request, decision)).toMatchObject({ redeemed: true });
    await expect(redeem(request, decision)).rejects.toMatchObject({ reason: 'GRANT_USED' });
    await expect(breakGlass({ decisionId: id })).rejects.toMatchObject({ reason: 'ALREADY_DECIDED' });

    await until('known to both', async () => {
      const { reviews } = await other.grpc.call(SAM, approvals.listReviews, {});
      return reviews.some((review) => review.id === id && review.byName === 'Dana Ito');
    });
    for (const token of [DANA, SAM])
      await expect(closed(id, token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'NOT_REVIEWER' });
    expect(await closed(id)).toMatchObject({ review: { finding: Finding.JUSTIFIED, closedByName: 'Ben Okafor' } });
    await expect(closed(id, ANA)).rejects.toMatchObject({ reason: 'REVIEW_CLOSED' });
    expect((await one.grpc.call(BEN, approvals.listReviews, {})).reviews).toEqual([]);
    expect((await typesOf(place.admin, id)).at(-1)).toBe('review.closed');
  });

  it('permits what nobody has asked yet, also against a denial where policy says so', async () => {
    const request = asking({ ...DENY, ...glass({ overrides: ['deny'] }) });
    const broken = await breakGlass({ request: { ...request, requestId: 'once' } });
    expect(broken).toMatchObject({ state: State.ALLOWED, brokenGlass: { overrodeDeny: true }, subject: AGENT });
    expect((await breakGlass({ request: { ...request, requestId: 'once' } })).id).toBe(broken.id);
    expect(await typesOf(place.admin, broken.id)).toEqual(['decision.broke_glass', 'review.opened']);
    const decision = await other.grpc.call(BOT, decisions.getDecision, { id: broken.id });
    expect(claimsOf(decision)['break_glass']).toMatchObject({ overrode: 'deny' });
    expect(await redeem(request, decision)).toMatchObject({ redeemed: true });
    await closed(broken.id);
  });

  it('is refused once whoever broke it is no longer on call', async () => {
    const request = asking({ ...HOLD, ...glass() });
    const { id } = await breakGlass({ request });
    const decision = await one.grpc.call(BOT, decisions.getDecision, { id });
    await directory.changed(
      (text) => text.replace('groups: [dba, oncall]', 'groups: [dba]'),
      async () => void (await expect(redeem(request, decision)).rejects.toMatchObject({ reason: 'APPROVER_GONE' })),
    );
    await closed(id);
  });

  it.each<[string, object, string, string]>([
    ['an agent', {}, BOT, 'NOT_A_PERSON'],
    ['somebody whom no rule names', {}, BEN, 'BREAK_GLASS_DENIED'],
    ['anybody against a guardrail', { ...DENY, ...glass({ overrides: ['deny'] }, true) }, DANA, 'GUARDRAIL'],
    ['anybody against a denial without a rule for it', { ...DENY, ...glass() }, DANA, 'POLICY_DENIES'],
    ['anybody where policy says nothing of it', { break_glass: undefined }, DANA, 'BREAK_GLASS_DENIED'],
    ['anybody where a rule cannot be read', glass({ duration: '2h' }), DANA, 'BREAK_GLASS_DENIED'],
    ['anybody where nobody could review it', glass({ review: { groups: ['nobody'] } }), DANA, 'NOBODY_REVIEWS'],
  ])('is not possible for %s', async (_, answer, token, reason) => {
    const given = { ...HOLD, ...glass(), ...answer } as Record<string, unknown>;
    if (given['effect'] === 'deny') delete given['approval'];
    await expect(breakGlass({ request: asking(given) }, token)).rejects.toMatchObject({ reason });
  });

  it('says everything that is wrong with a request', async () => {
    await expect(breakGlass({ reason: '' })).rejects.toMatchObject({ fields: [{ field: 'request' }] });
    const both = { request: asking(HOLD), decisionId: 'dec_1' };
    await expect(breakGlass(both)).rejects.toMatchObject({ fields: [{ field: 'request' }, { field: 'decision_id' }] });
    const noAgent = breakGlass({ request: { ...answered(HOLD) } });
    await expect(noAgent).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID_ARGUMENT|PERMISSION_DENIED/) as string,
    });
  });

  it('is beaten by a stop, before and after', async () => {
    const request = asking({ ...HOLD, ...glass() });
    const { id } = await breakGlass({ request });
    const decision = await one.grpc.call(BOT, decisions.getDecision, { id });
    const { stopActions, resumeActions } = GateService.method;
    const { stop } = await other.grpc.call('cs_dev_ops', stopActions, { all: true, reason: 'incident' });
    await expect(redeem(request, decision)).rejects.toMatchObject({ reason: 'STOPPED' });
    await expect(breakGlass({ request: asking({ ...HOLD, ...glass() }) })).rejects.toMatchObject({ reason: 'STOPPED' });
    await other.grpc.call('cs_dev_ops', resumeActions, { id: stop!.id, reason: 'over' });
    await closed(id);
  });
});

it('a glass is not broken for an agent that nobody answers for, whether it waits or not', async () => {
  const request = asking({ ...HOLD, ...glass() });
  const { id } = await one.grpc.call(BOT, decisions.decide, request);
  await directory.changed(
    (text) => text.replace('    owner: sam@acme.example\n', '    owner: kay@idp.example\n'),
    async () => {
      for (const what of [{ decisionId: id }, { request: asking({ ...HOLD, ...glass() }) }])
        await expect(breakGlass(what)).rejects.toMatchObject({ reason: 'OWNER_MISSING' });
    },
  );
  expect(await breakGlass({ decisionId: id })).toMatchObject({ state: State.ALLOWED });
  await closed(id);
});

describe('an attempt that the rules refuse', () => {
  const attempts = async (digest: string) => {
    const { rows } = await place.admin.query<{ body: Buffer }>(
      `select body from intake.events where decision_id like 'agt%' order by tx, pos`,
    );
    const events = rows.map(({ body }) => JSON.parse(body.toString()) as Envelope);
    return events.filter(({ data }) => data['action_digest'] === digest).map(({ data }) => data);
  };

  it('is on the record of the decision: who, of what, in what words, and why not', async () => {
    const { id, actionDigest } = await one.grpc.call(BOT, decisions.decide, answered({ ...HOLD, ...glass() }));
    await expect(breakGlass({ decisionId: id, ticket: 'INC-9' }, BEN)).rejects.toMatchObject({
      reason: 'BREAK_GLASS_DENIED',
    });
    expect((await eventsOf(place.admin, id)).map(({ type, data }) => ({ type, data }))).toMatchObject([
      { type: 'decision.held' },
      {
        type: 'break_glass.refused',
        data: {
          ...{ by: 'ben@acme.example', by_name: 'Ben Okafor', because: 'break-glass-denied', ticket: 'INC-9' },
          ...{ reason: 'checkout is down', action_digest: actionDigest },
        },
      },
    ]);
    expect((await one.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE })).decision!.state).toBe(
      State.ALLOWED,
    );
    await expect(breakGlass({ decisionId: id })).rejects.toMatchObject({ reason: 'ALREADY_DECIDED' });
    expect((await typesOf(place.admin, id)).at(-1)).toBe('break_glass.refused');
  });

  it('is on the record also when nobody had asked for it, and when an agent tries', async () => {
    const request = asking({ ...DENY, ...glass({ overrides: ['deny'] }, true) });
    const { actionDigest, id } = await one.grpc.call(BOT, decisions.decide, request);
    await expect(breakGlass({ request })).rejects.toMatchObject({ reason: 'GUARDRAIL' });
    await expect(breakGlass({ request }, BOT)).rejects.toMatchObject({ reason: 'NOT_A_PERSON' });
    await expect(breakGlass({ decisionId: id }, BOT)).rejects.toMatchObject({ reason: 'NOT_A_PERSON' });
    const what = { subject: AGENT, action: request.action.name, reason: 'checkout is down' };
    const bot = { ...what, by: 'release-bot', because: 'not-a-person' };
    expect(await attempts(actionDigest)).toMatchObject([
      { ...what, by: 'dana@acme.example', by_name: 'Dana Ito', because: 'guardrail', resource: { type: 'table' } },
      bot,
      bot,
    ]);
    expect(await typesOf(place.admin, id)).toEqual(['decision.denied']);
  });
});

describe('a review that nobody closes in time', () => {
  it('is said once on the record and seen by everybody, and bars the person until it is closed', async () => {
    const { id } = await breakGlass({
      request: asking({ ...HOLD, ...glass({ review: { groups: ['security'], within: '1s' } }) }),
    });
    await until('it is on the record', async () => (await typesOf(place.admin, id)).includes('review.overdue'));
    for (const gate of [one, other]) {
      const page = await gate.http<{ overdue_reviews: object[] }>(SAM, '/v1/approvals');
      expect(page.overdue_reviews).toMatchObject([
        { id, overdue: true, by_name: 'Dana Ito', reason: 'checkout is down' },
      ]);
      expect(await gate.http(undefined, '/readyz')).toMatchObject({
        warnings: { reviews: expect.stringContaining('1 ') as string },
      });
    }
    const metrics = await fetch(`http://127.0.0.1:${other.httpPort}/metrics`).then((answer) => answer.text());
    expect(metrics).toContain('countersign_reviews_overdue 1');
    await expect(breakGlass({ request: asking({ ...HOLD, ...glass() }) })).rejects.toMatchObject({
      reason: 'REVIEW_OVERDUE',
    });
    const body = { finding: 'FINDING_NOT_JUSTIFIED', comment: 'it could wait' };
    expect(await one.http(ANA, `/v1/reviews/${id}:close`, { body })).toMatchObject({
      review: { finding: 'FINDING_NOT_JUSTIFIED' },
    });
    const types = await typesOf(place.admin, id);
    expect(types.filter((type) => type === 'review.overdue')).toHaveLength(1);
    const again = await breakGlass({ request: asking({ ...HOLD, ...glass() }) });
    expect(again.state).toBe(State.ALLOWED);
    await closed(again.id);
  });

  it('is still known to a process that starts later', async () => {
    const { id } = await breakGlass({ request: asking({ ...HOLD, ...glass() }) });
    const late = await startGate({ ...place, policies: ANYTHING, directory });
    expect(await late.http(SAM, '/v1/reviews')).toMatchObject({ reviews: [{ id, overdue: false }] });
    await late.stop();
    await closed(id);
  });
});
