import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Product, refused } from './product.js';

// Quorums as others count them: by group, by equality, by click, or not at all.

let product: Product;
beforeAll(async () => {
  product = await new Product().start();
});
afterAll(() => product.stop());

const BOTH = {
  seats: [
    { group: 'dba', count: 1 },
    { group: 'finance', count: 1 },
  ],
};

describe('counting', () => {
  // Fails when a seat is filled for each of a voter's groups instead of one.
  it('one person in two groups fills both seats with one click', async () => {
    const { id } = await product.ask(product.request(BOTH));
    expect((await product.approve('ben', id)).decision).toMatchObject({ state: 'STATE_PENDING', may_act: false });
    expect((await refused(product.approve('ben', id))).reason).toBe('ALREADY_VOTED');
    expect(await product.click('Approve', 'U0BEN', id)).toContain('One person is one vote');
    expect((await product.read(id)).state).toBe('STATE_PENDING');
    expect((await product.approve('dana', id)).decision.state).toBe('STATE_ALLOWED');
    const seats = (await product.read(id)).approval.votes.map(({ voter, seat }) => `${voter.split('@')[0]} ${seat}`);
    expect(seats.sort()).toEqual(['ben finance', 'dana dba']);
  });

  // Fails when a quorum is compared with == and the count can step over it.
  it('equality quorum is overshot and never leaves PENDING', async () => {
    const alternatives = [[{ group: 'finance', count: 1 }]];
    const once = await product.ask(product.request({ alternatives }));
    expect((await product.approve('ben', once.id)).decision.state).toBe('STATE_ALLOWED');
    const { id } = await product.ask(product.request(BOTH));
    await product.approve('dana', id);
    await product.approve('ben', id);
    expect((await product.read(id)).state).toBe('STATE_ALLOWED');
    expect((await product.types(id)).filter((type) => type === 'decision.approved')).toHaveLength(1);
  });

  // Fails when the channel is part of what makes two votes different.
  it('one person votes in Slack, in Teams and by API and is three', async () => {
    const { id } = await product.ask(product.request({ seats: [{ group: 'dba', count: 2 }] }));
    expect(await product.click('Approve', 'U0DANA', id)).toBeUndefined();
    expect((await refused(product.approve('dana', id))).reason).toBe('ALREADY_VOTED');
    const card = await product.inTeams(id);
    const who = { tenant: product.teams.tenant, oid: 'dana' };
    const answer = await product.teams.click(`${product.url}/teams/messages`, card, 'Approve', who);
    expect(await answer.text()).toContain('You have voted on this already');
    expect(await product.read(id)).toMatchObject({
      state: 'STATE_PENDING',
      approval: { votes: [{ voter: 'dana@acme.example', channel: 'slack' }] },
    });
  });

  // Fails when the number of approvers that policy asks for is parsed and not read.
  it('the number of approvers is written down and never enforced', async () => {
    const request = product.request({ seats: [{ group: 'dba', count: 2 }] });
    const { id } = await product.ask(request);
    const { decision } = await product.approve('dana', id);
    expect(decision).toMatchObject({ state: 'STATE_PENDING', may_act: false });
    expect((await product.read(id)).grant ?? '').toBe('');
    expect((await product.approve('ben', id)).decision.state).toBe('STATE_ALLOWED');
  });

  // Fails when votes are not recorded, or a count is kept beside them that they do not change.
  it('votes are cast and none is ever counted', async () => {
    const { id } = await product.ask(product.request({ seats: [{ group: 'dba', count: 2 }] }));
    for (const who of ['dana', 'ben']) await product.approve(who, id);
    expect(await product.types(id)).toEqual(['decision.held', 'vote.cast', 'vote.cast', 'decision.approved']);
  });

  // Fails when a decision is saved without the version it was read with.
  it('vote is read-modify-written without a condition', async () => {
    const { id } = await product.ask(product.request());
    const votes = Array.from({ length: 16 }, (_, i) =>
      i % 2 === 0 ? product.approve(i % 4 === 0 ? 'dana' : 'ben', id) : product.deny(i % 4 === 1 ? 'dana' : 'ben', id),
    );
    const answers = await Promise.allSettled(votes);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const outcomes = (await product.types(id)).filter((type) => /^decision\.(approved|rejected)$/.test(type));
    expect(outcomes).toHaveLength(1);
  });
});

describe('when nobody can answer', () => {
  // Fails when the people who are left are not counted before a request is held.
  it('a request that only its owner could approve waits for ever', async () => {
    const request = product.request({ seats: [{ group: 'admins', count: 1 }] });
    expect(await product.ask(request)).toMatchObject({
      state: 'STATE_DENIED',
      final: true,
      reasons: [{ rule: 'nobody-eligible', text: expect.stringContaining('admins needs 1 and has 0') as string }, {}],
    });
  });
});
