import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  ANYTHING,
  approvals,
  BOT,
  decisions,
  eventsOf,
  GATEWAY,
  HOLD,
  newPlace,
  People,
  SERVICE_TOKEN,
  startGate,
  type Gate,
} from '../../../../test/gate.js';
import { ScimClient, TOKEN } from '../../../../test/scim-client.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let other: Gate;
let scim: ScimClient;
let elsewhere: ScimClient;
const people = new People();

beforeAll(async () => {
  place = await newPlace();
  const env = { COUNTERSIGN_SCIM_TOKEN: TOKEN, COUNTERSIGN_SCIM_LINKS: 'slack=T0ACME/nickName' };
  const options = { ...place, policies: ANYTHING, env, directory: people };
  [gate, other] = [await startGate(options), await startGate(options)];
  [scim, elsewhere] = [new ScimClient(gate.httpPort), new ScimClient(other.httpPort)];
});
afterAll(async () => {
  await Promise.all([gate, other].map((one) => one?.stop()));
  await place?.remove();
});

const held = (group: string) => ({ ...HOLD, approval: { ...HOLD.approval, seats: [{ group, count: 1 }] } });
const ask = async (group: string) => (await gate.grpc.call(BOT, decisions.decide, answered(held(group)))).id;
/** Clicks in Slack, at the process that did not hear of it from the provider. */
const click = (id: string, account: string) =>
  other.grpc.call(SERVICE_TOKEN, approvals.castVote, {
    id,
    vote: Vote.APPROVE,
    chatAccount: { channel: 'slack', account: `T0ACME/${account}` },
  });
const stateOf = async (id: string) => (await gate.grpc.call(BOT, decisions.getDecision, { id })).state;

describe('a person', () => {
  it('is told of, and everything about them is recorded but what rules do not need', async () => {
    const kim = await scim.user('kim@idp.example', { displayName: 'Kim Ode', title: 'a secret title', password: 'x' });
    expect(kim).toMatchObject({ userName: 'kim@idp.example', active: true, meta: { resourceType: 'User' } });
    expect(kim).not.toHaveProperty('password');
    const [event] = await eventsOf(place.admin, kim.id);
    expect(event).toMatchObject({
      type: 'person.provisioned',
      version: 1,
      data: { person: 'kim@idp.example', name: 'Kim Ode', active: true, guest: false, by: 'scim' },
    });
    expect(JSON.stringify(event)).not.toContain('secret');
  });

  it('is known at once by every process', async () => {
    const { id } = await scim.user('lin@idp.example');
    expect(await elsewhere.get(`/Users/${id}`)).toMatchObject({ status: 200, body: { userName: 'lin@idp.example' } });
  });
});

describe('a person who is called otherwise elsewhere', () => {
  // Fails when the id alone keeps people from their own requests: who asks for them may say an address or an object id.
  it.each(['ori@idp.example', 'guid-of-ori', 'ORI.ode@acme.example'])(
    'does not approve what is done for them under another of their names: %s',
    async (principal) => {
      const filter = encodeURIComponent('userName eq "ori@idp.example"');
      const { body } = await scim.get(`/Users?filter=${filter}`);
      if (body.Resources!.length === 0) {
        const emails = [{ value: 'ori.ode@acme.example' }];
        const ori = await scim.user('ori@idp.example', { nickName: 'U0ORI', externalId: 'guid-of-ori', emails });
        const zoe = await scim.user('zoe@idp.example', { nickName: 'U0ZOE', externalId: ' ', emails: [{ value: '' }] });
        await scim.group('treasury', [ori.id, zoe.id]);
      }
      const request = { ...answered(held('treasury')), principal };
      const { id } = await gate.grpc.call(BOT, decisions.decide, request);
      await expect(click(id, 'U0ORI')).rejects.toMatchObject({ reason: 'SELF_APPROVAL' });
      await click(id, 'U0ZOE');
      expect(await stateOf(id)).toBe(State.ALLOWED);
    },
  );

  // Fails when a second account of the same human being, which says whose it is, fills another seat or is not their own.
  it('is one person with the account that has the other name as its id, at every process once the provider is answered', async () => {
    const one = await scim.user('ivo@idp.example', { nickName: 'U0IVO' });
    const two = await scim.user('admin-ivo', { nickName: 'U0ADMINIVO' });
    const wes = await scim.user('wes@idp.example', { nickName: 'U0WES' });
    await scim.group('vault', [one.id, two.id, wes.id]);
    const emails = [{ value: 'Ivo@idp.example' }];
    await scim.patch(`/Users/${two.id}`, [{ op: 'add', path: 'emails', value: emails }]);
    const both = { ...HOLD, approval: { ...HOLD.approval, seats: [{ group: 'vault', count: 2 }] } };
    const { id } = await gate.grpc.call(BOT, decisions.decide, answered(both));
    await click(id, 'U0IVO');
    await click(id, 'U0ADMINIVO').catch(() => undefined);
    expect(await stateOf(id)).toBe(State.PENDING);
    await click(id, 'U0WES');
    expect(await stateOf(id)).toBe(State.ALLOWED);
  });
});

describe('a role', () => {
  it('is given by nobody at the provider unless the operator has said which attribute holds it', async () => {
    const max = await scim.user('max@idp.example', { nickName: 'U0MAX', roles: [{ value: 'auditor' }] });
    await scim.group('audited', [max.id]);
    const id = await ask('audited');
    await click(id, 'U0MAX');
    expect(await stateOf(id)).toBe(State.ALLOWED);
    expect((await eventsOf(place.admin, max.id))[0]!.data).not.toHaveProperty('roles');
  });
});

describe('a group', () => {
  it('has those the provider put into it, who may then fill its seats', async () => {
    const pat = await scim.user('pat@idp.example', { nickName: 'U0PAT' });
    const group = await scim.group('payments', [pat.id]);
    const id = await ask('payments');
    await click(id, 'U0PAT');
    expect(await stateOf(id)).toBe(State.ALLOWED);
    expect(await eventsOf(place.admin, group.id)).toMatchObject([
      {
        type: 'group.changed',
        data: { group: 'payments', change: 'created', added: ['pat@idp.example'], removed: [] },
      },
    ]);
  });

  it.each([
    ['is disabled', (id: string) => scim.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'False' }])],
    ['is a guest', (id: string) => scim.patch(`/Users/${id}`, [{ op: 'replace', value: { userType: 'Guest' } }])],
    ['is gone', (id: string) => scim.delete(`/Users/${id}`)],
    [
      'is no longer in it',
      async (id: string) => {
        const { body } = await scim.get(`/Groups?filter=members eq "${id}"`);
        const group = body.Resources![0]!['id'] as string;
        return scim.patch(`/Groups/${group}`, [{ op: 'Remove', path: `members[value eq "${id}"]` }]);
      },
    ],
  ])('has no seat for who %s, at any process, once the provider is answered', async (what, end) => {
    const name = `group who ${what}`;
    const [one, two] = [`U0A${what.length}`, `U0B${what.length}`];
    const going = await scim.user(`going-${what.length}@idp.example`, { nickName: one });
    const staying = await scim.user(`staying-${what.length}@idp.example`, { nickName: two });
    await scim.group(name, [going.id, staying.id]);
    const id = await ask(name);
    expect([200, 204]).toContain((await end(going.id)).status);
    await expect(click(id, one)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await click(id, two);
    expect(await stateOf(id)).toBe(State.ALLOWED);
  });
});

describe('an agent whose owner only the provider knows', () => {
  /** While the agent's owner, in the file, is this person. */
  const ownedBy = (owner: string, work: () => Promise<void>) =>
    people.changed((text) => text.replace('    owner: sam@acme.example\n', `    owner: ${owner}\n`), work);
  const warnings = async () =>
    ((await gate.http(undefined, '/readyz')) as { warnings?: Record<string, string> }).warnings?.['owners'];
  const missing = { code: 'PERMISSION_DENIED', reason: 'OWNER_MISSING' };
  const allow = answered({
    effect: 'allow',
    reasons: [{ rule: 'fine', text: 'is fine' }],
    risk: { level: 'low', factors: [] },
  });

  it('is let in once the owner is told of, and as long as they are not disabled or gone', async () => {
    await ownedBy('kay@idp.example', async () => {
      expect(await warnings()).toMatch(/^kay@idp.example, who owns release-bot, is nobody the directory knows/);
      await expect(gate.grpc.call(BOT, decisions.decide, allow)).rejects.toMatchObject(missing);
      const { id } = await scim.user('kay@idp.example');
      for (const one of [gate, other])
        expect(await one.grpc.call(BOT, decisions.decide, allow)).toMatchObject({ mayAct: true });
      expect(await warnings()).toBeUndefined();
      await scim.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'False' }]);
      expect(await warnings()).toContain('kay@idp.example, who owns release-bot, is disabled');
      for (const one of [gate, other])
        await expect(one.grpc.call(BOT, decisions.decide, allow)).rejects.toMatchObject(missing);
      // Nor may a gateway that speaks for it, nor whoever holds a grant of before.
      const asserted = { ...allow, subject: { type: 'agent', id: 'release-bot' } };
      await expect(gate.grpc.call(GATEWAY, decisions.decide, asserted)).rejects.toMatchObject(missing);
      await scim.delete(`/Users/${id}`);
      await expect(other.grpc.call(BOT, decisions.decide, allow)).rejects.toMatchObject(missing);
    });
  });

  it('is approved by nobody while the owner is not known, not even by who waited for that; a grant of before is worth nothing', async () => {
    await ownedBy('joe@idp.example', async () => {
      const joe = await scim.user('joe@idp.example', { nickName: 'U0JOE' });
      const mia = await scim.user('mia@idp.example', { nickName: 'U0MIA' });
      await scim.group('crew', [joe.id, mia.id]);
      const [first, second] = [answered(held('crew')), answered(held('crew'))];
      const { id } = await gate.grpc.call(BOT, decisions.decide, first);
      const later = await gate.grpc.call(BOT, decisions.decide, second);
      await click(id, 'U0MIA');
      const { grant } = await gate.grpc.call(BOT, decisions.getDecision, { id });
      await scim.delete(`/Users/${joe.id}`);
      await expect(click(later.id, 'U0MIA')).rejects.toMatchObject({ reason: 'OWNER_MISSING' });
      await expect(gate.grpc.call(BOT, decisions.redeemGrant, { ...redeemable(first), grant })).rejects.toMatchObject(
        missing,
      );
      // Made anew under another name, Joe is nobody who owns anything: still nothing goes through.
      const again = await scim.user('joe2@idp.example', { nickName: 'U0JOE' });
      await scim.group('crew2', [again.id]);
      await expect(click(later.id, 'U0MIA')).rejects.toMatchObject({ reason: 'OWNER_MISSING' });
      await scim.user('joe@idp.example');
      await gate.grpc.call(BOT, decisions.redeemGrant, { ...redeemable(first), grant });
    });
  });

  it('is not approved by its owner, whatever the provider calls them by then', async () => {
    await ownedBy('una@idp.example', async () => {
      const una = await scim.user('una@idp.example', { nickName: 'U0UNA' });
      const vic = await scim.user('vic@idp.example', { nickName: 'U0VIC' });
      await scim.group('duo', [una.id, vic.id]);
      const id = await ask('duo');
      const self = { code: 'PERMISSION_DENIED', reason: 'SELF_APPROVAL' };
      await expect(click(id, 'U0UNA')).rejects.toMatchObject(self);
      await scim.patch(`/Users/${una.id}`, [{ op: 'Replace', path: 'userName', value: 'una.other@idp.example' }]);
      await expect(click(id, 'U0UNA')).rejects.toMatchObject(self);
      await scim.patch(`/Users/${una.id}`, [{ op: 'Replace', path: 'userName', value: 'una.third@idp.example' }]);
      await expect(click(id, 'U0UNA')).rejects.toMatchObject(self);
      // Gone and back under the id the file has: the same again.
      await scim.delete(`/Users/${una.id}`);
      const back = await scim.user('una@idp.example', { nickName: 'U0UNA' });
      const { body } = await scim.get('/Groups?filter=displayName eq "duo"');
      const add = [{ op: 'Add', path: 'members', value: [{ value: back.id }] }];
      await scim.patch(`/Groups/${body.Resources![0]!['id'] as string}`, add);
      await expect(click(id, 'U0UNA')).rejects.toMatchObject(self);
      await click(id, 'U0VIC');
      expect(await stateOf(id)).toBe(State.ALLOWED);
    });
  });
});

/** What is presented with a grant: the action without what is said about it. */
function redeemable({ action, resource, contextForm }: ReturnType<typeof answered>) {
  return { action, resource, contextForm };
}
