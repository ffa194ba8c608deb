import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  ANYTHING,
  approvals,
  BOT,
  decisions,
  eventsOf,
  HOLD,
  newPlace,
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

beforeAll(async () => {
  place = await newPlace();
  const env = { COUNTERSIGN_SCIM_TOKEN: TOKEN, COUNTERSIGN_SCIM_LINKS: 'slack=T0ACME/nickName' };
  const options = { ...place, policies: ANYTHING, env };
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
