import { State, Vote, type ApprovalView } from '@countersign/contract';
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
  HOLD,
  LEE,
  newPlace,
  People,
  READ,
  SAM,
  SERVICE_TOKEN,
  startGate,
  typesOf,
  type Gate,
} from '../../../test/gate.js';

let place: Awaited<ReturnType<typeof newPlace>>;
/** With the shipped policies, and with the policy that answers what it is told. */
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

const hold = async (request: object = bulkDelete()) => (await gate.grpc.call(BOT, decisions.decide, request)).id;
const vote = (token: string, id: string, more: object = {}) =>
  gate.grpc.call(token, approvals.castVote, { id, vote: Vote.APPROVE, ...more });

describe('a vote', () => {
  it('of somebody who was asked decides, and goes back to the agent with name and time', async () => {
    const id = await hold();
    const view = await vote(DANA, id, { reason: 'checked the backup' });
    expect(view).toMatchObject({ id, canVote: false, cannotVoteBecause: 'This request has been approved already.' });
    expect(await gate.grpc.call(BOT, decisions.getDecision, { id })).toMatchObject({
      state: State.ALLOWED,
      approval: {
        seats: [{ group: 'dba', count: 1, filled: 1 }],
        votes: [{ voter: 'dana@acme.example', voterName: 'Dana Ito', vote: Vote.APPROVE, channel: 'api', seat: 'dba' }],
      },
    });
    expect(await eventsOf(place.admin, id)).toMatchObject([
      { type: 'decision.held', version: 1 },
      { type: 'vote.cast', version: 2, data: { voter: 'dana@acme.example', reason: 'checked the backup' } },
      { type: 'decision.approved', version: 3, data: { approvers: [{ id: 'dana@acme.example', seat: 'dba' }] } },
    ]);
  });

  it('over HTTP is the same vote', async () => {
    const id = await hold();
    const { action_digest } = await gate.http<{ action_digest: string }>(BOT, `/v1/decisions/${id}`);
    const body = { vote: 'VOTE_DENY', reason: 'not on a Friday', seen_digest: action_digest };
    expect(await gate.http(ANA, `/v1/approvals/${id}/votes`, { body })).toMatchObject({
      id,
      decision: { state: 'STATE_DENIED' },
      card: { outcome: 'Denied by Ana Roy: not on a Friday' },
    });
    expect(await eventsOf(place.admin, id)).toMatchObject([
      {},
      { type: 'vote.cast', data: { vote: 'deny', seen_digest: action_digest } },
      { type: 'decision.rejected', data: { by: 'ana@acme.example', reason: 'not on a Friday' } },
    ]);
  });

  it.each([
    ['the owner of the agent', SAM, {}, 'PERMISSION_DENIED', 'SELF_APPROVAL', 'You own the agent'],
    [
      'the person the agent acts for',
      DANA,
      { principal: 'dana@acme.example' },
      'PERMISSION_DENIED',
      'SELF_APPROVAL',
      'on your behalf',
    ],
    [
      'the same person, spelt otherwise',
      DANA,
      { principal: 'Dana@ACME.example' },
      'PERMISSION_DENIED',
      'SELF_APPROVAL',
      'on your behalf',
    ],
    ['somebody from another group', LEE, {}, 'PERMISSION_DENIED', 'NOT_ASKED', 'This needs someone from dba'],
  ])('of %s is refused and recorded', async (_, token, more, code, reason, message) => {
    const id = await hold({ ...bulkDelete(), ...more });
    await expect(vote(token, id)).rejects.toMatchObject({
      code,
      reason,
      message: expect.stringContaining(message) as string,
    });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'vote.refused']);
    expect(await gate.grpc.call(BOT, decisions.getDecision, { id })).toMatchObject({ state: State.PENDING });
  });

  it.each([
    ['on something else than what was seen', { seenDigest: 'x'.repeat(43) }, 'ABORTED', 'CHANGED'],
    ['to deny without a reason', { vote: Vote.DENY }, 'INVALID_ARGUMENT', 'REASON_REQUIRED'],
    [
      'to deny with a reason nobody can see',
      { vote: Vote.DENY, reason: ' \u200b' },
      'INVALID_ARGUMENT',
      'REASON_REQUIRED',
    ],
  ])('%s does not count', async (_, more, code, reason) => {
    const id = await hold();
    await expect(vote(DANA, id, more)).rejects.toMatchObject({ code, reason });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'vote.refused']);
    expect(await vote(DANA, id)).toMatchObject({ decision: { state: State.ALLOWED } });
  });

  it('for neither side is no vote', async () => {
    const id = await hold();
    for (const choice of [0, 7])
      await expect(vote(DANA, id, { vote: choice })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        fields: [{ field: 'vote' }],
      });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held']);
  });

  it('of an agent is none, whoever owns it', async () => {
    const id = await hold();
    for (const call of [
      vote(BOT, id),
      gate.grpc.call(BOT, approvals.getApproval, { id }),
      gate.grpc.call(BOT, approvals.listApprovals, {}),
      gate.grpc.call(BOT, approvals.revokeDecision, { id, reason: 'x' }),
    ])
      await expect(call).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'NOT_A_PERSON' });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held']);
  });

  it('on what was decided comes too late, also when it says the same', async () => {
    const id = await hold();
    await vote(DANA, id);
    for (const token of [DANA, ANA])
      await expect(vote(token, id)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'ALREADY_DECIDED' });
  });

  it('on what nobody was asked about is refused, to a stranger without a word about it', async () => {
    const { id } = await gate.grpc.call(BOT, decisions.decide, READ);
    await expect(vote(LEE, id)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'NOT_YOURS' });
    await expect(vote(SAM, id)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(vote(DANA, 'dec_00000000000000000000000000')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a click in a chat', () => {
  const click = (id: string, account: string, more: object = {}) =>
    vote(SERVICE_TOKEN, id, { chatAccount: { channel: 'slack', account }, ...more });

  it('counts for the person the account is linked to, and says who brought it', async () => {
    const id = await hold();
    await click(id, 'T0ACME/U0DANA', { cardDigest: 'card' });
    expect((await eventsOf(place.admin, id))[1]).toMatchObject({
      type: 'vote.cast',
      data: { voter: 'dana@acme.example', channel: 'slack', submitted_by: 'notifier', card_digest: 'card' },
    });
  });

  it('of an account that is linked to nobody counts for nobody', async () => {
    const id = await hold();
    for (const account of ['T0ACME/U0NOBODY', 'T0OTHER/U0DANA', 'U0DANA', 'dana@acme.example', ''])
      await expect(click(id, account)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'NOT_LINKED' });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held']);
  });

  it('can be brought by the notifier alone, and the notifier votes for nobody else', async () => {
    const id = await hold();
    await expect(vote(SAM, id, { chatAccount: { channel: 'slack', account: 'T0ACME/U0DANA' } })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'NOT_A_SERVICE',
    });
    await expect(vote(SERVICE_TOKEN, id)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: [{ field: 'chat_account' }],
    });
    await expect(gate.grpc.call(SERVICE_TOKEN, decisions.decide, READ)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'NOT_AN_AGENT',
    });
  });

  it('of the owner is refused as it is anywhere', async () => {
    const id = await hold();
    await expect(click(id, 'T0ACME/U0SAM')).rejects.toMatchObject({ reason: 'SELF_APPROVAL' });
  });
});

describe('two seats', () => {
  const two = { ...HOLD, approval: { seats: [{ group: 'dba', count: 2 }], expires_in: '1h' } };
  const ask = async () => (await told.grpc.call(BOT, decisions.decide, answered(two))).id;

  it('need two people: one person is one vote', async () => {
    const id = await ask();
    expect(await vote(DANA, id)).toMatchObject({
      decision: { state: State.PENDING },
      canVote: false,
      cannotVoteBecause: expect.stringContaining('You have voted on this already.') as string,
      card: { progress: '1 of 2 · dba still open' },
    });
    await expect(vote(DANA, id)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'ALREADY_VOTED' });
    await expect(
      vote(SERVICE_TOKEN, id, { chatAccount: { channel: 'slack', account: 'T0ACME/U0DANA' } }),
    ).rejects.toMatchObject({ reason: 'ALREADY_VOTED' });
    expect(await vote(ANA, id)).toMatchObject({ decision: { state: State.ALLOWED } });
  });

  it('and one denial is a denial', async () => {
    const id = await ask();
    await vote(DANA, id);
    expect(await vote(ANA, id, { vote: Vote.DENY, reason: 'no' })).toMatchObject({ decision: { state: State.DENIED } });
  });

  it.each([
    ['has left the group', (text: string) => text.replace('groups: [dba, oncall]', 'groups: [oncall]')],
    ['is disabled', (text: string) => text.replace('groups: [dba, oncall]', '$&\n    disabled: true')],
    ['owns the agent by now', (text: string) => text.replace('owner: sam@acme.example', 'owner: dana@acme.example')],
  ])('are not filled by somebody who voted and then %s', async (_, change) => {
    const id = await ask();
    await vote(DANA, id);
    await directory.changed(change, async () => {
      await vote(ANA, id);
      expect(await told.grpc.call(BOT, decisions.getDecision, { id })).toMatchObject({ state: State.PENDING });
      expect(await typesOf(place.admin, id)).not.toContain('decision.approved');
    });
  });
});

describe('a change in the directory', () => {
  it('that makes an approver the owner takes their vote away', async () => {
    const id = await hold();
    await directory.changed(
      (text) => text.replace('owner: sam@acme.example', 'owner: dana@acme.example'),
      async () => {
        await expect(vote(DANA, id)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'SELF_APPROVAL' });
        expect(await gate.grpc.call(DANA, approvals.getApproval, { id })).toMatchObject({ canVote: false });
        const { approvals: listed } = await gate.grpc.call(DANA, approvals.listApprovals, { pageSize: 200 });
        expect(listed.map((one) => one.id)).not.toContain(id);
      },
    );
  });

  it('that disables a person closes the door at once', async () => {
    const id = await hold();
    await directory.changed(
      (text) => text.replace('groups: [dba, oncall]', '$&\n    disabled: true'),
      async () => {
        await expect(vote(DANA, id)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
        await expect(
          vote(SERVICE_TOKEN, id, { chatAccount: { channel: 'slack', account: 'T0ACME/U0DANA' } }),
        ).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'DISABLED' });
      },
    );
  });

  it('that takes the agent out leaves its pending request to expire', async () => {
    const id = await hold();
    await directory.changed(
      (text) => text.replace('id: release-bot', 'id: other-bot'),
      async () => {
        await expect(gate.grpc.call(BOT, decisions.getDecision, { id })).rejects.toMatchObject({
          code: 'PERMISSION_DENIED',
        });
      },
    );
  });
});

describe('what a person sees', () => {
  it('is what waits for them, in the order of its deadlines, page by page', async () => {
    const ids = [await hold(), await hold(), await hold()];
    const seen: ApprovalView[] = [];
    let pageToken = '';
    do {
      const page = await gate.grpc.call(DANA, approvals.listApprovals, { pageSize: 2, pageToken });
      expect(page.approvals.length).toBeLessThanOrEqual(2);
      seen.push(...page.approvals);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    const listed = seen.map(({ id }) => id);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.filter((id) => ids.includes(id))).toEqual(ids);
    expect(seen.every(({ canVote }) => canVote)).toBe(true);
    for (const bad of [{ pageToken: 'x' }, { pageToken: '2026 dec', pageSize: 300 }, { pageSize: -1 }])
      await expect(gate.grpc.call(DANA, approvals.listApprovals, bad)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
  });

  it('depends on their part in it', async () => {
    const id = await hold();
    const listedFor = async (token: string, includeIneligible: boolean) =>
      (await gate.grpc.call(token, approvals.listApprovals, { includeIneligible, pageSize: 200 })).approvals.some(
        (one) => one.id === id,
      );
    expect([await listedFor(DANA, false), await listedFor(SAM, false), await listedFor(LEE, true)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await listedFor(SAM, true)).toBe(true);
    expect(await gate.grpc.call(SAM, approvals.getApproval, { id })).toMatchObject({
      canVote: false,
      cannotVoteBecause: expect.stringContaining('You own the agent') as string,
    });
    await expect(gate.grpc.call(LEE, approvals.getApproval, { id })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'NOT_YOURS',
    });
  });

  it('is the exact action, who asks and for whom, and never the grant', async () => {
    const { id } = await approved(gate, bulkDelete('prod.shown'));
    const view = await gate.grpc.call(DANA, approvals.getApproval, { id });
    expect(view).toMatchObject({
      subject: { id: 'release-bot' },
      owner: 'sam@acme.example',
      action: { name: 'db.delete' },
      argumentsJson: '{"rows":12480}',
      resource: { type: 'table', id: 'prod.shown' },
      justification: 'cleaning up',
      card: { headline: 'Delete 12,480 rows from prod.shown', agentSays: 'cleaning up' },
      decision: { state: State.ALLOWED, grant: '' },
    });
    expect(view.card!.digest).toMatch(/^[\w-]{43}$/);
    expect(await gate.grpc.call(DANA, decisions.getDecision, { id })).toMatchObject({ grant: '' });
  });

  it('is nothing that policy hides, anywhere, while the digest still binds it', async () => {
    const answer = { ...HOLD, approval: { ...HOLD.approval, redact: ['/arguments/password', '/context'] } };
    const request = {
      ...answered(answer),
      argumentsForm: { case: 'argumentsJson', value: '{"password":"s3cr3t-one","user":"u"}' },
      contextForm: { case: 'contextJson', value: JSON.stringify({ answer, note: 's3cr3t-two' }) },
    } as const;
    const { id } = await told.grpc.call(BOT, decisions.decide, request);
    const view = await told.grpc.call(DANA, approvals.getApproval, { id });
    expect(
      JSON.stringify(view, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toMatch(/s3cr3t/);
    expect(view).toMatchObject({
      argumentsJson: '{"user":"u"}',
      card: { payload: expect.stringContaining('2 fields hidden') as string },
    });
    const other = {
      ...request,
      argumentsForm: { case: 'argumentsJson', value: '{"password":"other","user":"u"}' },
    } as const;
    expect((await told.grpc.call(BOT, decisions.decide, other)).actionDigest).not.toBe(view.decision!.actionDigest);
  });

  it('changes under their eyes', async () => {
    const id = await hold();
    const states: State[] = [];
    for await (const view of gate.grpc.watch(ANA, approvals.watchApprovals, {})) {
      if (view.id !== id) continue;
      states.push(view.decision!.state);
      if (states.length === 2) break;
      await vote(DANA, id);
    }
    expect(states).toEqual([State.PENDING, State.ALLOWED]);
  });
});

describe('taking a permission back', () => {
  it('needs a reason and a part in it, and ends the grant', async () => {
    const request = bulkDelete();
    const { id, grant } = await approved(gate, request);
    const revoke = (token: string, reason: string) => gate.grpc.call(token, approvals.revokeDecision, { id, reason });
    await expect(revoke(DANA, '')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', fields: [{ field: 'reason' }] });
    await expect(revoke(LEE, 'x')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await revoke(SAM, 'wrong table')).toMatchObject({ state: State.REVOKED, mayAct: false, grant: '' });
    await expect(gate.grpc.call(BOT, decisions.redeemGrant, { grant, ...request })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'GRANT_REVOKED',
    });
    await expect(gate.http(DANA, `/v1/decisions/${id}:revoke`, { body: { reason: 'again' } })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
  });
});

it('sixty-four votes at once, for and against, are one outcome', async () => {
  const id = await hold();
  const results = await Promise.allSettled(
    Array.from({ length: 64 }, (_, i) => {
      const by = i % 4 < 2 ? gate : told;
      const choice = i % 2 === 0 ? { vote: Vote.APPROVE } : { vote: Vote.DENY, reason: 'no' };
      return by.grpc.call(i % 3 === 0 ? DANA : ANA, approvals.castVote, { id, ...choice });
    }),
  );
  const types = await typesOf(place.admin, id);
  expect(types.filter((type) => type === 'decision.approved' || type === 'decision.rejected')).toHaveLength(1);
  expect(types.filter((type) => type === 'vote.cast')).toHaveLength(1);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'FAILED_PRECONDITION' });
  const versions = (await eventsOf(place.admin, id)).map(({ version }) => version);
  expect(versions).toEqual(versions.map((_, i) => i + 1));
});

describe('until it is decided', () => {
  const twoToDeny = { ...HOLD, approval: { ...HOLD.approval, seats: [{ group: 'dba', count: 2 }], deny_quorum: 2 } };

  it('a vote may be changed, or taken back, and the record has all of it', async () => {
    const { id } = await told.grpc.call(BOT, decisions.decide, answered(twoToDeny));
    const say = (vote: Vote, reason = '') => told.grpc.call(DANA, approvals.castVote, { id, vote, reason });
    await say(Vote.APPROVE);
    const changed = await say(Vote.DENY, 'wrong table');
    expect(changed.decision?.approval).toMatchObject({ denyQuorum: 2, votes: [{ vote: Vote.DENY, seat: '' }] });
    const taken = await say(Vote.RETRACT);
    expect(taken).toMatchObject({ canVote: true, decision: { state: State.PENDING, approval: { votes: [] } } });
    await expect(say(Vote.RETRACT)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'NO_VOTE' });
    expect(await typesOf(place.admin, id)).toEqual(['decision.held', 'vote.cast', 'vote.cast', 'vote.retracted']);
  });

  it('a quorum of another kind does as well, and people see how far each has come', async () => {
    const alternatives = [[{ group: 'security', count: 1 }]];
    const request = answered({ ...HOLD, approval: { ...twoToDeny.approval, alternatives } });
    const { id } = await told.grpc.call(BOT, decisions.decide, request);
    const view = await told.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
    expect(view.decision?.approval).toMatchObject({
      seats: [{ group: 'dba', count: 2, filled: 1 }],
      alternatives: [{ seats: [{ group: 'security', count: 1, filled: 0 }] }],
    });
    const done = await told.grpc.call('cs_dev_ben', approvals.castVote, { id, vote: Vote.APPROVE });
    expect(done.decision?.state).toBe(State.ALLOWED);
  });

  it('a vote where policy takes none is refused', async () => {
    const request = answered({ ...HOLD, approval: { ...HOLD.approval, channels: ['slack'] } });
    const { id } = await told.grpc.call(BOT, decisions.decide, request);
    await expect(told.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'WRONG_CHANNEL',
    });
  });
});

describe('people are not worn down', () => {
  it('what they denied is not put before them again for a while, by whatever wording', async () => {
    const request = answered(HOLD, 'a thing that is asked for again');
    const { id } = await told.grpc.call(BOT, decisions.decide, request);
    await told.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'wrong table' });
    const again = await told.grpc.call(BOT, decisions.decide, { ...request, justification: 'please, it is urgent' });
    expect(again).toMatchObject({ state: State.DENIED, reasons: [{ rule: 'cool-down' }, { rule: 'held' }] });
    expect(again.reasons[0]?.text).toMatch(
      /^Dana Ito denied just this at \d\d:\d\d UTC: wrong table\. Nobody is asked/,
    );
    expect(await typesOf(place.admin, again.id)).toEqual(['decision.denied']);
  });

  it('what they denied stays so for another principal, place, holder or chain of delegation: the action is the same', async () => {
    const request = answered(HOLD, 'a thing that is asked for in other dress');
    const { id } = await told.grpc.call(BOT, decisions.decide, request);
    await told.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'wrong table' });
    const act = { case: 'propertiesJson' as const, value: '{"act":{"sub":"helper"}}' };
    for (const dress of [
      { principal: 'nobody@acme.example' },
      { audience: 'https://db.acme.example' },
      { holderKey: 'A'.repeat(43) },
      { subject: { type: 'agent', id: 'release-bot', propertiesForm: act } },
    ]) {
      const again = await told.grpc.call(BOT, decisions.decide, { ...request, ...dress });
      expect(again).toMatchObject({ state: State.DENIED, reasons: [{ rule: 'cool-down' }, { rule: 'held' }] });
    }
  });

  it('an agent that floods them is denied, and one that repeats itself is not taken for one', async () => {
    const own = await newPlace();
    const env = { COUNTERSIGN_PENDING_PER_AGENT: '2' };
    const flooded = await startGate({ ...own, policies: ANYTHING, env });
    const ask = (name: string) => flooded.grpc.call(BOT, decisions.decide, answered(HOLD, name));
    const crowd = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`${i}`)));
    const pending = crowd.filter(({ state }) => state === State.PENDING);
    expect(pending).toHaveLength(2);
    for (const { id } of pending) await flooded.grpc.call(BOT, decisions.withdrawDecision, { id });
    const [first] = [await ask('one'), await ask('two')];
    expect(await ask('three')).toMatchObject({ state: State.DENIED, reasons: [{ rule: 'too-many-pending' }, {}] });
    expect(await ask('one')).toMatchObject({ id: first!.id, state: State.PENDING });
    await flooded.grpc.call(BOT, decisions.withdrawDecision, { id: first!.id });
    expect(await ask('three')).toMatchObject({ state: State.PENDING });
    await flooded.stop();
    await own.remove();
  });

  it('nobody is counted on before whom too many requests are', async () => {
    const own = await newPlace();
    const env = { COUNTERSIGN_PENDING_PER_APPROVER: '1' };
    const busy = await startGate({ ...own, policies: ANYTHING, env });
    const ask = (name: string) => busy.grpc.call(BOT, decisions.decide, answered(HOLD, name));
    expect((await ask('one')).state).toBe(State.PENDING);
    expect(await ask('two')).toMatchObject({ state: State.DENIED, reasons: [{ rule: 'approvers-overloaded' }, {}] });
    await busy.stop();
    await own.remove();
  });
});
