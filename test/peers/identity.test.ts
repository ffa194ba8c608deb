import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Product, refused } from './product.js';

// Who somebody is, as others find it out: by what they call themselves, or by what a request says about them.

let product: Product;
beforeAll(async () => {
  product = await new Product().start();
});
afterAll(() => product.stop());

describe('self-approval', () => {
  // Fails when a role lifts an exclusion.
  it('admin approves own request', async () => {
    const { id } = await product.ask(product.request());
    expect(await refused(product.approve('sam', id))).toMatchObject({
      reason: 'SELF_APPROVAL',
      message: expect.stringContaining('You own the agent that asks') as string,
    });
    expect(await product.click('Approve', 'U0SAM', id)).toContain('You own the agent that asks');
    expect((await product.read(id)).state).toBe('STATE_PENDING');
  });

  // Fails when only the agent's own name is compared with the approver's.
  it.each(['lee@acme.example', 'LEE@Acme.example'])('the person it is done for approves it: %s', async (principal) => {
    const { id } = await product.ask({ ...product.request(), principal });
    expect((await refused(product.approve('lee', id))).reason).toBe('SELF_APPROVAL');
  });

  // Fails when the chain of delegation is not read.
  it('somebody in the chain of delegation approves it', async () => {
    const subject = {
      type: 'agent',
      id: 'release-bot',
      properties: { act: { sub: 'x', act: { sub: 'dana@acme.example' } } },
    };
    const { id } = await product.ask({ ...product.request(), subject });
    expect((await refused(product.approve('dana', id))).reason).toBe('SELF_APPROVAL');
    expect((await product.approve('ben', id)).decision.state).toBe('STATE_ALLOWED');
  });
});

describe('asserted identity', () => {
  // Fails when anything but the credential says who votes.
  it.each([
    ['approver_name', 'Dana Ito'],
    ['voter', 'dana@acme.example'],
    ['approver', { id: 'dana@acme.example' }],
    ['chat_account', { channel: 'slack', account: 'T0ACME/U0DANA' }],
  ])('approver named in the body: %s', async (name, value) => {
    const { id } = await product.ask(product.request());
    for (const who of ['mallory', 'release-bot', 'sam'])
      expect(['PERMISSION_DENIED', 'INVALID_ARGUMENT']).toContain(
        (await refused(product.approve(who, id, { [name]: value }))).code,
      );
    expect(await product.read(id)).toMatchObject({ state: 'STATE_PENDING', approval: { votes: [] } });
  });

  // Fails when a display name is compared with, or recorded instead of, an id.
  it('display name as identity', async () => {
    const { id } = await product.ask(product.request());
    // Mallory is called Dana Ito as well.
    expect(await product.click('Approve', 'U0MALLORY', id)).toContain('you are not in that group');
    expect((await refused(product.approve('mallory', id))).reason).toBe('NOT_ASKED');
    await product.click('Approve', 'U0DANA', id);
    const cast = (await product.events(id)).find(({ type }) => type === 'vote.cast')!;
    expect(cast.data).toMatchObject({ voter: 'dana@acme.example', channel: 'slack', submitted_by: 'notifier' });
  });

  // Fails when somebody in the conversation is taken for somebody who was asked.
  it('anybody in the channel decides', async () => {
    const { id } = await product.ask(product.request());
    expect(await product.click('Approve', 'U0ANA', id)).toContain('you are not in that group');
    expect(await product.click('Approve', 'U0STRANGER', id)).toContain('not linked to anyone');
    expect((await product.read(id)).approval.votes).toEqual([]);
  });

  // Fails when the workspace is no part of an account.
  it('the same user id in a connected workspace', async () => {
    const { id } = await product.ask(product.request());
    expect(await product.click('Approve', 'U0DANA', id, 'T0EVIL')).toContain('not linked to anyone');
    expect((await product.read(id)).approval.votes).toEqual([]);
  });

  // Fails when guests are members like any other.
  it('a guest of the workspace approves', async () => {
    const { id } = await product.ask(product.request());
    expect(await product.click('Approve', 'U0EVE', id)).toContain('Guests cannot approve');
    expect((await refused(product.approve('eve', id))).reason).toBe('GUEST');
  });

  // Fails when a chat account can be claimed by opening a page that names it.
  it('a chat account is linked by opening a link that names it', async () => {
    for (const path of [
      '/slack/user/new/U0STRANGER',
      '/slack/link?user=T0ACME/U0STRANGER',
      '/v1/links/T0ACME/U0STRANGER',
    ])
      await fetch(`${product.url}${path}`, { headers: { authorization: 'Bearer token-of-dana-for-attacks' } });
    const { id } = await product.ask(product.request());
    expect(await product.click('Approve', 'U0STRANGER', id)).toContain('not linked to anyone');
  });

  // Fails when the body may say who asks.
  it('an agent speaks for another', async () => {
    const subject = { type: 'agent', id: 'edge-gateway' };
    expect((await refused(product.ask({ ...product.request(), subject }))).code).toBe('PERMISSION_DENIED');
    const asked = await product.ask(
      { ...product.request(), subject: { type: 'agent', id: 'release-bot' } },
      {},
      'edge-gateway',
    );
    const [held] = await product.events(asked.id);
    expect(held!.data).toMatchObject({ request: { submitted_by: 'edge-gateway' } });
    // Whoever answers for the one that brought it is told apart from whoever answers for the one that acts.
    expect((await refused(product.approve('sam', asked.id))).reason).toBe('SELF_APPROVAL');
  });
});
