import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Product, refused } from './product.js';
import { until } from '../until.js';

// What time does in other products: nothing at all, or the wrong thing. And what a permission is worth afterwards.

let product: Product;
beforeAll(async () => {
  product = await new Product().start();
});
afterAll(() => product.stop());

const settledAs = (id: string, state: string) =>
  until(`${id} is ${state}`, async () => (await product.read(id)).state === state);

describe('silence', () => {
  // Fails when a time that is over has a default other than no.
  it('nobody answers and it is allowed', async () => {
    const { id } = await product.ask(product.request({ expires_in: '1s' }));
    await settledAs(id, 'STATE_EXPIRED');
    expect(await product.read(id)).toMatchObject({ may_act: false, final: true });
    expect((await product.read(id)).grant ?? '').toBe('');
    expect(await product.types(id)).toEqual(['decision.held', 'decision.expired']);
  });

  // Fails when a denial is not recorded, or an end that comes later takes its place.
  it('explicit deny becomes allow on timeout', async () => {
    const { id } = await product.ask(product.request({ seats: [{ group: 'dba', count: 2 }], expires_in: '2s' }));
    await product.approve('dana', id);
    await product.deny('ben', id, 'wrong table');
    // One that nobody answers ends at the same time: when it has, time has done what it does.
    const silent = await product.ask(product.request({ expires_in: '2s' }));
    await settledAs(silent.id, 'STATE_EXPIRED');
    expect(await product.read(id)).toMatchObject({ state: 'STATE_DENIED', may_act: false, final: true });
    expect((await product.types(id)).at(-1)).toBe('decision.rejected');
  });

  // Fails when a request ends only if somebody looks at it: nobody does here.
  it('pending for ever, with a live button', async () => {
    const { id } = await product.ask(product.request({ expires_in: '1s' }));
    const message = await product.inSlack(id);
    await until('the buttons are gone', () => product.slack.buttons(message).length === 0);
    expect(await product.types(id)).toContain('decision.expired');
  });

  // Fails when a click is taken by the time it was made possible, or swallowed.
  it('late click after timeout is taken, or lost without a word', async () => {
    const { id } = await product.ask(product.request({ expires_in: '1s' }));
    const message = { ...(await product.inSlack(id)) };
    await settledAs(id, 'STATE_EXPIRED');
    // As from a client that has not seen the update yet.
    const notes = product.slack.notes.length;
    const who = { id: 'U0DANA', team: 'T0ACME' };
    await product.slack.click(`${product.url}/slack/interactions`, message, 'Approve', who);
    const note = await until('a private note', () => product.slack.notes[notes]);
    expect(note).toMatchObject({ onlyFor: 'U0DANA', text: expect.stringMatching(/expired/) as string });
    expect((await refused(product.approve('dana', id))).reason).toBe('EXPIRED');
    expect((await product.read(id)).state).toBe('STATE_EXPIRED');
  });
});

describe('a permission', () => {
  const allowed = async (more = {}) => {
    const request = product.request({}, more);
    const { id } = await product.ask(request);
    await product.approve('dana', id);
    return { id, request, grant: (await product.read(id)).grant };
  };

  // Fails when only the state is looked at when it is used.
  it('approved forever', async () => {
    const { request, grant, id } = await allowed({ grant: { expires_in: '1s' } });
    const { grant_expires_at } = (await product.read(id)) as { grant_expires_at?: string };
    await until('its time is over', () => Date.now() > Date.parse(grant_expires_at!));
    expect((await refused(product.redeem(request, grant))).reason).toBe('GRANT_EXPIRED');
    await settledAs(id, 'STATE_EXPIRED');
  });

  // Fails when using it leaves it as it was.
  it('one approval is used again and again', async () => {
    const { request, grant } = await allowed();
    expect((await product.redeem(request, grant)).redeemed).toBe(true);
    expect((await refused(product.redeem(request, grant))).reason).toBe('GRANT_USED');
  });

  // Fails when an approval is of a description, a tool or a session, and not of the arguments.
  it('other arguments run than were approved', async () => {
    const { request, grant } = await allowed();
    for (const change of [{ arguments: { rows: 12_481 } }, { resource: { type: 'table', id: 'prod.users' } }])
      expect((await refused(product.redeem(request, grant, change))).reason).toBe('ACTION_DIFFERS');
  });

  // Fails when policy is asked once, before people are.
  it('policy has changed and the approval overrides it', async () => {
    const { request, grant } = await allowed();
    const { context } = product.request({}, { effect: 'deny', approval: undefined });
    expect((await refused(product.redeem(request, grant, { context }))).reason).toBe('POLICY_DENIES');
  });

  // Fails when a state that is over can be opened again.
  it('denied, withdrawn or revoked, and approved after all', async () => {
    const denied = await product.ask(product.request());
    await product.deny('ben', denied.id);
    expect((await refused(product.approve('dana', denied.id))).reason).toBe('ALREADY_DECIDED');
    const gone = await product.ask(product.request());
    await product.call('release-bot', `/v1/decisions/${gone.id}:withdraw`, { body: {} });
    expect((await refused(product.approve('dana', gone.id))).reason).toBe('ALREADY_DECIDED');
    const { id, request, grant } = await allowed();
    await product.call('dana', `/v1/decisions/${id}:revoke`, { body: { reason: 'incident' } });
    expect((await refused(product.redeem(request, grant))).reason).toBe('GRANT_REVOKED');
    expect((await refused(product.approve('ben', id))).reason).toBe('ALREADY_DECIDED');
  });

  // Fails when a denial is forgotten as soon as it is given.
  it('denied, and asked again until somebody is tired', async () => {
    const request = product.request();
    const { id } = await product.ask(request);
    await product.deny('dana', id, 'wrong table');
    expect(await product.ask({ ...request, justification: 'please' })).toMatchObject({
      state: 'STATE_DENIED',
      reasons: [{ rule: 'cool-down', text: expect.stringContaining('wrong table') as string }, {}],
    });
  });
});
