import { digestOf, SourceChains } from '@countersign/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANYTHING, eventsOf, newPlace, startGate, type Gate } from '../../../../test/gate.js';
import { GROUP_SCHEMA, PATCH_OP, ScimClient, TOKEN, USER_SCHEMA } from '../../../../test/scim-client.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gates: Gate[];
let scim: ScimClient;
let elsewhere: ScimClient;

beforeAll(async () => {
  place = await newPlace();
  const options = { ...place, policies: ANYTHING, env: { COUNTERSIGN_SCIM_TOKEN: TOKEN } };
  gates = [await startGate(options), await startGate(options)];
  [scim, elsewhere] = gates.map(({ httpPort }) => new ScimClient(httpPort)) as [ScimClient, ScimClient];
});
afterAll(async () => {
  await Promise.all(gates.map((one) => one.stop()));
  await place?.remove();
});

const members = async (group: string) =>
  ((await scim.get(`/Groups/${group}`)).body['members'] as { value: string }[] | undefined)?.map(
    ({ value }) => value,
  ) ?? [];

// As in "Build a SCIM endpoint and configure user provisioning" of Microsoft's documentation.
describe('Entra', () => {
  it('provisions, changes, disables and removes a person and a group', async () => {
    const none = await scim.get('/Users?filter=userName+eq+%22non-existent-user%40idp.example%22');
    expect(none).toMatchObject({
      status: 200,
      body: { totalResults: 0, Resources: [], startIndex: 1, itemsPerPage: 0 },
    });
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    const created = await scim.post('/Users', {
      schemas: [USER_SCHEMA, enterprise],
      externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
      userName: 'Test_User_ab6490ee@idp.example',
      active: true,
      emails: [{ primary: true, type: 'work', value: 'Test_User_fd0ea19b@idp.example' }],
      meta: { resourceType: 'User' },
      name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
      roles: [],
      [enterprise]: { department: 'Tour Operations' },
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('content-type')).toBe('application/scim+json');
    expect(created.headers.get('location')).toBe(`https://gate.example/scim/v2/Users/${created.body.id}`);
    const { id } = created.body;

    const changed = await scim.patch(`/Users/${id}`, [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updatedEmail@idp.example' },
      { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
      { op: 'Add', path: `${enterprise}:manager`, value: '2819c223' },
    ]);
    expect(changed).toMatchObject({
      status: 200,
      body: {
        emails: [{ value: 'updatedEmail@idp.example', type: 'work' }],
        name: { familyName: 'updatedFamilyName', givenName: 'givenName' },
        [enterprise]: { manager: { value: '2819c223' }, department: 'Tour Operations' },
      },
    });

    const group = await scim.post('/Groups', {
      schemas: [GROUP_SCHEMA, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
      displayName: 'entra-approvers',
      meta: { resourceType: 'Group' },
    });
    const path = `/Groups/${group.body.id}`;
    expect(await scim.patch(path, [{ op: 'Add', path: 'members', value: [{ $ref: null, value: id }] }])).toMatchObject({
      status: 204,
    });
    const without = await scim.get(`${path}?excludedAttributes=members`);
    expect(without.body).not.toHaveProperty('members');
    const found = await scim.get('/Groups?excludedAttributes=members&filter=displayName+eq+%22Entra-Approvers%22');
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id: group.body.id }] });
    expect((await scim.get(`/Users/${id}`)).body['groups']).toMatchObject([{ display: 'entra-approvers' }]);
    await scim.patch(path, [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }]);
    expect(await members(group.body.id)).toEqual([]);

    expect(await scim.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'False' }])).toMatchObject({
      status: 200,
      body: { active: false },
    });
    expect((await scim.delete(`/Users/${id}`)).status).toBe(204);
    expect((await scim.get(`/Users/${id}`)).status).toBe(404);
    expect((await scim.delete(path)).status).toBe(204);
    expect((await eventsOf(place.admin, id)).map(({ type, version }) => `${version} ${type}`)).toEqual([
      '1 person.provisioned',
      '2 person.changed',
      '3 person.changed',
      '4 person.removed',
    ]);
  });
});

// As in Okta's SCIM protocol reference.
describe('Okta', () => {
  it('looks, provisions, replaces whole people and whole groups, and disables', async () => {
    const look = await scim.get('/Users?filter=userName%20eq%20%22isaac@idp.example%22&startIndex=1&count=100');
    expect(look.body['totalResults']).toBe(0);
    const body = {
      schemas: [USER_SCHEMA],
      userName: 'isaac@idp.example',
      name: { givenName: 'Isaac', familyName: 'Brock' },
      emails: [{ primary: true, value: 'isaac@idp.example', type: 'work' }],
      displayName: 'Isaac Brock',
      locale: 'en-US',
      externalId: '00ujl29u0le5T6Aj10h7',
      groups: [],
      password: '1mz050nq',
      active: true,
    };
    const { id, ...made } = (await scim.post('/Users', body)).body;
    expect(made).not.toHaveProperty('password');
    expect(await scim.post('/Users', body)).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness', status: '409' },
    });
    const renamed = await scim.put(`/Users/${id}`, {
      ...body,
      id,
      name: { givenName: 'Ike', familyName: 'Brock' },
      meta: {},
    });
    expect(renamed).toMatchObject({ status: 200, body: { name: { givenName: 'Ike' }, active: true } });

    const group = (await scim.group('okta-approvers', [id])).id;
    const whole = { schemas: [GROUP_SCHEMA], id: group, displayName: 'okta-approvers', members: [] };
    expect((await scim.put(`/Groups/${group}`, whole)).status).toBe(200);
    expect(await members(group)).toEqual([]);
    const rename = { op: 'replace', value: { id: group, displayName: 'okta-people' } };
    expect((await scim.patch(`/Groups/${group}`, [rename])).status).toBe(204);
    expect(await eventsOf(place.admin, group)).toMatchObject([
      { data: { change: 'created', added: ['isaac@idp.example'] } },
      { data: { change: 'changed', removed: ['isaac@idp.example'] } },
      { data: { group: 'okta-people', previous: 'okta-approvers' } },
    ]);

    const off = await scim.patch(`/Users/${id}`, [{ op: 'replace', value: { active: false } }]);
    expect(off).toMatchObject({ status: 200, body: { active: false } });
    const { active: _, ...silent } = body;
    expect((await scim.put(`/Users/${id}`, silent)).body).toMatchObject({ active: false });
  });
});

describe('whoever is known from elsewhere', () => {
  it.each(['dana@acme.example', 'Dana@ACME.example', 'release-bot', 'd\u200Bana@acme.example'])(
    'is not taken over: %s',
    async (userName) => {
      expect(await scim.post('/Users', { schemas: [USER_SCHEMA], userName })).toMatchObject({
        status: 409,
        body: { scimType: 'uniqueness', detail: expect.stringContaining('directory file') as string },
      });
      const { id } = await scim.user(`other-${userName.length}@idp.example`);
      expect(await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: userName }])).toMatchObject({
        status: 409,
      });
      await scim.delete(`/Users/${id}`);
    },
  );

  it('keeps the name for itself, which is free again when it is gone', async () => {
    const first = await scim.user('once@idp.example');
    expect((await elsewhere.post('/Users', { schemas: [USER_SCHEMA], userName: 'ONCE@idp.example' })).status).toBe(409);
    await scim.patch(`/Users/${first.id}`, [{ op: 'replace', path: 'userName', value: 'twice@idp.example' }]);
    const second = await elsewhere.user('once@idp.example');
    await scim.delete(`/Users/${second.id}`);
    await scim.user('once@idp.example');
  });
});

describe('at once, over two processes', () => {
  it('of many who take one name, one gets it', async () => {
    const body = { schemas: [USER_SCHEMA], userName: 'race@idp.example' };
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (i % 2 ? scim : elsewhere).post('/Users', body)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(11).fill(409)]);
  });

  it('no member that was added or removed is lost, and the record says the same', async () => {
    const users = await Promise.all(Array.from({ length: 12 }, (_, i) => scim.user(`m${i}@idp.example`)));
    const ids = users.map(({ id }) => id);
    const { id } = await scim.group('crowd', ids.slice(0, 6));
    const answers = await Promise.all(
      ids.map((value, i) =>
        (i % 2 ? scim : elsewhere).patch(`/Groups/${id}`, [
          i < 6
            ? { op: 'remove', path: `members[value eq "${value}"]` }
            : { op: 'add', path: 'members', value: [{ value }] },
        ]),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(204));
    expect((await members(id)).sort()).toEqual(ids.slice(6).sort());
    const events = await eventsOf(place.admin, id);
    const told = new Set<string>();
    for (const { data } of events as { data: { added?: string[]; removed?: string[] } }[]) {
      data.added?.forEach((each) => told.add(each));
      data.removed?.forEach((each) => told.delete(each));
    }
    expect([...told].sort()).toEqual(
      users
        .slice(6)
        .map(({ userName }) => userName)
        .sort(),
    );
    expect(events.map(({ version }) => version)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
  });

  it('who means a version that is over is told so', async () => {
    const { id, meta } = (await scim.user('versions@idp.example')) as never as {
      id: string;
      meta: { version: string };
    };
    const title = [{ op: 'replace', path: 'title', value: 'Dr' }];
    expect((await scim.get(`/Users/${id}`, { 'if-none-match': meta.version })).status).toBe(304);
    expect((await scim.patch(`/Users/${id}`, title, { 'if-match': meta.version })).status).toBe(200);
    expect(await elsewhere.patch(`/Users/${id}`, title, { 'if-match': meta.version })).toMatchObject({ status: 412 });
    expect((await elsewhere.delete(`/Users/${id}`, { 'if-match': meta.version })).status).toBe(412);
    expect((await elsewhere.delete(`/Users/${id}`, { 'if-match': '*' })).status).toBe(204);
  });

  it('what changes nothing is not recorded', async () => {
    const { id } = await scim.user('same@idp.example', { title: 'Dr' });
    expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Dr' }])).status).toBe(200);
    expect(await eventsOf(place.admin, id)).toHaveLength(1);
  });
});

describe('a list', () => {
  it('is sorted, cut into pages and shown in part', async () => {
    for (const name of ['c', 'a', 'b']) await scim.user(`page-${name}@idp.example`, { title: name, nickName: 'pages' });
    const query =
      'filter=nickName eq "pages"&sortBy=title&sortOrder=descending&attributes=userName&startIndex=2&count=2';
    expect((await scim.get(`/Users?${query}`)).body).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 2 });
    const { Resources } = (await scim.get(`/Users?${query}`)).body;
    expect(Resources!.map((each) => each['userName'])).toEqual(['page-b@idp.example', 'page-a@idp.example']);
    expect(Object.keys(Resources![0]!).sort()).toEqual(['id', 'schemas', 'userName']);
    expect((await scim.get('/Users?count=0')).body).toMatchObject({ itemsPerPage: 0, Resources: [] });
    const search = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
      filter: 'nickName eq "pages"',
      count: 1,
    };
    expect((await scim.post('/.search', search)).body).toMatchObject({ totalResults: 3, itemsPerPage: 1 });
    expect((await scim.post('/Users/.search', search)).body).toMatchObject({ totalResults: 3, itemsPerPage: 1 });
  });
});

describe('what cannot be done', () => {
  it.each<[string, () => Promise<{ status: number; body: object }>, number, object]>([
    ['without a token', () => new ScimClient(scim.port, null).get('/Users'), 401, {}],
    ['with another token', () => new ScimClient(scim.port, 'x'.repeat(40)).get('/Users'), 401, {}],
    ['with the token of a person', () => new ScimClient(scim.port, 'cs_dev_ana').get('/Users'), 401, {}],
    ['to what is not there', () => scim.get('/Planets'), 404, {}],
    ['to nobody', () => scim.patch('/Users/ppl_nobody', []), 404, {}],
    ['in bulk', () => scim.post('/Bulk', {}), 501, {}],
    ['to oneself', () => scim.get('/Me'), 501, {}],
    ['to the schemas', () => scim.post('/Schemas', {}), 405, {}],
    ['in no JSON', () => scim.post('/Users', '{'), 400, { scimType: 'invalidSyntax' }],
    [
      'with a name twice',
      () => scim.post('/Users', `{"schemas":["${USER_SCHEMA}"],"userName":"a","userName":"b"}`),
      400,
      { scimType: 'invalidSyntax' },
    ],
    [
      'in lists without end',
      () => scim.post('/Users', `{"schemas":${'['.repeat(5_000)}${']'.repeat(5_000)},"userName":"a"}`),
      400,
      { scimType: 'invalidSyntax' },
    ],
    ['in XML', () => scim.send('POST', '/Users', '<a/>', { 'content-type': 'text/xml' }), 415, {}],
    ['in too many bytes', () => scim.post('/Users', 'x'.repeat(1_100_000)), 413, { scimType: 'tooMany' }],
    ['of no schema', () => scim.post('/Users', { userName: 'x' }), 400, { scimType: 'invalidSyntax' }],
    ['without a name', () => scim.post('/Users', { schemas: [USER_SCHEMA] }), 400, { scimType: 'invalidValue' }],
    ['with a name of spaces', () => scim.post('/Users', { schemas: [USER_SCHEMA], userName: ' ' }), 400, {}],
    ['with two kinds of selection', () => scim.get('/Users?attributes=id&excludedAttributes=id'), 400, {}],
    [
      'to a group with somebody unknown',
      () => scim.post('/Groups', { schemas: [GROUP_SCHEMA], displayName: 'g1', members: [{ value: 'x' }] }),
      400,
      { detail: expect.stringContaining('provision the person first') as string },
    ],
    ['by no PatchOp', () => scim.send('PATCH', '/Users/x', { schemas: [PATCH_OP] }), 404, {}],
  ])('%s is said in the words of SCIM', async (_, send, status, body) => {
    expect(await send()).toMatchObject({
      status,
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), ...body },
    });
  });

  it('a group in a group is refused', async () => {
    const { id } = await scim.group('inner');
    const answer = await scim.post('/Groups', {
      schemas: [GROUP_SCHEMA],
      displayName: 'outer',
      members: [{ value: id }],
    });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('not supported') as string } });
  });
});

it('SCIM that is off says so, to whoever asks and once in the log', async () => {
  const off = await startGate({ ...place, policies: ANYTHING });
  for (let i = 0; i < 2; i++)
    expect(await new ScimClient(off.httpPort).get('/Users')).toMatchObject({
      status: 404,
      body: { detail: 'SCIM is off: set COUNTERSIGN_SCIM_TOKEN' },
    });
  expect(off.log().split('which is off').length).toBe(2);
  await off.stop();
});

it('everything that was recorded is one unbroken chain for each process', async () => {
  const { rows } = await place.admin.query<{ source: string; source_seq: string; body: Buffer }>(
    'select source, source_seq, body from events order by source, source_seq',
  );
  const chains = new SourceChains();
  for (const { source, source_seq, body } of rows) {
    const { prev } = JSON.parse(body.toString()) as { prev: string };
    chains.add({ source, seq: Number(source_seq), prev, digest: digestOf(body) });
  }
  expect(chains.finish()).toEqual([]);
});
