import { create, toBinary, type DescMethodUnary, type MessageInitShape } from '@bufbuild/protobuf';
import { DecideRequestSchema } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  approvals,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  GATEWAY,
  newPlace,
  READ,
  SERVICE_TOKEN,
  startGate,
  SUPPORT,
  type Gate,
} from '../../../test/gate.js';
import type { HttpOptions } from '../../../test/wire.js';

// What is wrong is said with the right status and its place; nothing of it is written, and nothing of it is in the log.

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
/** A pending decision of release-bot. */
let pending: string;
let before: unknown;

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate(place);
  pending = (await gate.grpc.call(BOT, decisions.decide, bulkDelete())).id;
  before = await written();
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

async function written(): Promise<unknown> {
  const { rows } = await place.admin.query(
    'select (select count(*) from events) as events, (select count(*) from decisions) as decisions, (select sum(version) from decisions) as versions',
  );
  return rows[0];
}

const MARK = 'S3CR3T';
const long = (length: number) => `${MARK}${'x'.repeat(length - MARK.length)}`;
const deep = (depth: number) => `{"${MARK}":${'['.repeat(depth - 1)}1${']'.repeat(depth - 1)}}`;
const ENOUGH = { action: { name: 'db.read' }, resource: { type: 'table', id: 'prod.orders' } };
const exact = (text: string) => ({ ...READ, argumentsForm: { case: 'argumentsJson', value: text } }) as const;
const INVALID = 'INVALID_ARGUMENT';

interface Bad {
  token?: string | undefined;
  /** DecideRequest, or its bytes. */
  grpc?: MessageInitShape<typeof DecideRequestSchema> | Buffer;
  /** Body of POST /v1/decisions, or what differs from that. */
  http?: object | string | Buffer;
  options?: { path?: string } & HttpOptions;
  code: string;
  reason?: string;
  /** Field of the first violation; over HTTP another one only where JSON itself is at fault. */
  field?: string;
  httpField?: string;
}

const CASES: Record<string, Bad> = {
  'no credential': { token: undefined, grpc: READ, http: ENOUGH, code: 'UNAUTHENTICATED', reason: 'NO_CREDENTIAL' },
  'an unknown credential': {
    token: `${MARK}-token`,
    grpc: READ,
    http: ENOUGH,
    code: 'UNAUTHENTICATED',
    reason: 'UNKNOWN_CREDENTIAL',
  },
  "a person's token": { token: DANA, grpc: READ, http: ENOUGH, code: 'PERMISSION_DENIED', reason: 'NOT_AN_AGENT' },
  "a service's token": {
    token: SERVICE_TOKEN,
    grpc: READ,
    http: ENOUGH,
    code: 'PERMISSION_DENIED',
    reason: 'NOT_AN_AGENT',
  },
  'the subject of somebody else': {
    grpc: { ...READ, subject: { type: 'agent', id: 'support-bot' } },
    http: { ...ENOUGH, subject: { type: 'agent', id: 'support-bot' } },
    code: 'PERMISSION_DENIED',
    reason: 'SUBJECT_MISMATCH',
  },
  'a subject that is not in the directory': {
    token: GATEWAY,
    grpc: { ...READ, subject: { type: 'agent', id: MARK } },
    http: { ...ENOUGH, subject: { type: 'agent', id: MARK } },
    code: 'PERMISSION_DENIED',
    reason: 'UNKNOWN_SUBJECT',
  },
  'a person as the subject': {
    token: GATEWAY,
    grpc: { ...READ, subject: { type: 'user', id: 'dana@acme.example' } },
    http: { ...ENOUGH, subject: { type: 'user', id: 'dana@acme.example' } },
    code: 'PERMISSION_DENIED',
    reason: 'UNKNOWN_SUBJECT',
  },
  nothing: { grpc: {}, http: {}, code: INVALID, field: 'action.name' },
  'no action': {
    grpc: { resource: READ.resource },
    http: { resource: ENOUGH.resource },
    code: INVALID,
    field: 'action.name',
  },
  'no resource': { grpc: { action: READ.action }, http: { action: ENOUGH.action }, code: INVALID, field: 'resource' },
  ...Object.fromEntries(
    ['DB.read', 'db read', 'db..read', '.db', 'db.', 'db.read\n', 'dß', 'db/read', long(257)].map((name) => [
      `the action name ${JSON.stringify(name).slice(0, 20)}`,
      {
        grpc: { ...READ, action: { name } },
        http: { ...ENOUGH, action: { name } },
        code: INVALID,
        field: 'action.name',
      },
    ]),
  ),
  ...Object.fromEntries(
    [
      ['no id', ''],
      ['a zero character in its id', `a\0${MARK}`],
      ['a line break in its id', `a\n${MARK}`],
      ['a C1 control character in its id', `a\u0085${MARK}`],
      ['an id of 257 characters', long(257)],
    ].map(([what, id]) => [
      `a resource with ${what}`,
      {
        grpc: { ...READ, resource: { type: 'table', id: id! } },
        http: { ...ENOUGH, resource: { type: 'table', id } },
        code: INVALID,
        field: 'resource.id',
      },
    ]),
  ),
  // What is held is kept in JSON that PostgreSQL looks into. Refused whatever policy says, or it would depend on that.
  ...Object.fromEntries(
    [
      ['justification', { justification: `a\0${MARK}` }],
      ['context', { context: { [`a\0${MARK}`]: 1 } }],
      ['resource.properties', { resource: { ...ENOUGH.resource, properties: { a: [`a\\\0${MARK}`] } } }],
      ['subject.properties', { subject: { type: 'agent', id: 'release-bot', properties: { act: { sub: '\0' } } } }],
    ].map(([field, more]) => [
      `a zero character in ${field as string}`,
      { http: { ...ENOUGH, ...(more as object) }, code: INVALID, field: field as string },
    ]),
  ),
  'a zero character in arguments': {
    grpc: exact(String.raw`{"a":"\\\u0000"}`),
    http: { ...ENOUGH, arguments_json: String.raw`{"a\u0000":1}` },
    code: INVALID,
    field: 'arguments_json',
  },
  'a resource without a type': {
    grpc: { ...READ, resource: { id: 't' } },
    http: { ...ENOUGH, resource: { id: 't' } },
    code: INVALID,
    field: 'resource.type',
  },
  'a request_id with a line break': {
    grpc: { ...READ, requestId: `a\n${MARK}` },
    http: { ...ENOUGH, request_id: `a\n${MARK}` },
    code: INVALID,
    field: 'request_id',
  },
  'a request_id of 257 characters': {
    grpc: { ...READ, requestId: long(257) },
    http: { ...ENOUGH, request_id: long(257) },
    code: INVALID,
    field: 'request_id',
  },
  'a principal with a control character': {
    grpc: { ...READ, principal: `${MARK}\u001b[2J` },
    http: { ...ENOUGH, principal: `${MARK}\u001b[2J` },
    code: INVALID,
    field: 'principal',
  },
  'a justification of 2,001 characters': {
    grpc: { ...READ, justification: long(2_001) },
    http: { ...ENOUGH, justification: long(2_001) },
    code: INVALID,
    field: 'justification',
  },
  'a wait of 301 s': {
    grpc: { ...READ, wait: { seconds: 301n } },
    http: { ...ENOUGH, wait: '301s' },
    code: INVALID,
    field: 'wait',
  },
  'a wait of a nanosecond too much': {
    grpc: { ...READ, wait: { seconds: 300n, nanos: 1 } },
    http: { ...ENOUGH, wait: '300.000000001s' },
    code: INVALID,
    field: 'wait',
  },
  'a negative wait': {
    grpc: { ...READ, wait: { seconds: -1n } },
    http: { ...ENOUGH, wait: '-1s' },
    code: INVALID,
    field: 'wait',
  },
  ...Object.fromEntries(
    [
      ['a member twice', `{"a":1,"a":"${MARK}"}`],
      ['a member twice, once escaped', `{"a":1,"\\u0061":"${MARK}"}`],
      ['an integer beyond 2^53', '{"rows":9007199254740993}'],
      ['an integer beyond 2^53 in another spelling', '{"rows":9.007199254740993e15}'],
      ['a number beyond all', '{"rows":1e999}'],
      ['a lone surrogate', `{"${MARK}":"\\ud800"}`],
      ['a lone surrogate in a name', `{"\\udc00":"${MARK}"}`],
      ['65 levels', deep(65)],
      ['100,000 levels', deep(100_000)],
      ['a list for an object', `["${MARK}"]`],
      ['a word for an object', `"${MARK}"`],
      ['null', 'null'],
      ['no end', `{"a":"${MARK}"`],
      ['something behind its end', `{} {"a":"${MARK}"}`],
      ['a comment', `{/* ${MARK} */}`],
      ['NaN', '{"rows":NaN}'],
      ['a raw control character', `{"a":"${MARK}\u0001"}`],
    ].map(([what, text]) => [
      `arguments with ${what}`,
      { grpc: exact(text!), http: { ...ENOUGH, arguments_json: text }, code: INVALID, field: 'arguments_json' },
    ]),
  ),
  'malformed context': {
    grpc: { ...READ, contextForm: { case: 'contextJson', value: `{"${MARK}":` } },
    http: { ...ENOUGH, context_json: `{"${MARK}":` },
    code: INVALID,
    field: 'context_json',
  },
  'malformed properties of the resource': {
    grpc: { ...READ, resource: { ...READ.resource, propertiesForm: { case: 'propertiesJson', value: MARK } } },
    http: { ...ENOUGH, resource: { ...ENOUGH.resource, properties_json: MARK } },
    code: INVALID,
    field: 'resource.properties_json',
  },
  'malformed properties of the subject': {
    grpc: { ...READ, subject: { id: 'release-bot', propertiesForm: { case: 'propertiesJson', value: '[1]' } } },
    http: { ...ENOUGH, subject: { id: 'release-bot', properties_json: '[1]' } },
    code: INVALID,
    field: 'subject.properties_json',
  },
  'a structure with an integer beyond 2^53': {
    grpc: { ...READ, argumentsForm: { case: 'arguments', value: { rows: 2 ** 60 } } },
    http: `{"action":{"name":"db.read"},"resource":{"type":"t","id":"t"},"arguments":{"rows":${2 ** 60}}}`,
    code: INVALID,
    field: 'arguments',
    httpField: 'body',
  },
  'a structure of 65 levels': {
    grpc: { ...READ, argumentsForm: { case: 'arguments', value: JSON.parse(deep(65)) as never } },
    http: { ...ENOUGH, arguments: JSON.parse(deep(65)) as object },
    code: INVALID,
    field: 'arguments',
  },
  'several things at once': {
    grpc: { requestId: '\n', justification: long(2_001) },
    http: { request_id: '\n', justification: long(2_001) },
    code: INVALID,
    field: 'request_id',
  },
  'a message of more than 256 KiB': {
    grpc: { ...READ, justification: long(256 * 1024) },
    http: { ...ENOUGH, justification: long(256 * 1024) },
    code: INVALID,
    reason: '*',
    httpField: 'body',
  },
  'bytes that are no protobuf': {
    grpc: Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    code: INVALID,
    reason: 'MALFORMED_MESSAGE',
  },
  'a string that ends beyond the message': {
    grpc: Buffer.from([0x22, 0x05, 0x0a, 0x20, 0x61]),
    code: INVALID,
    reason: 'MALFORMED_MESSAGE',
  },
  'a protobuf string that is not UTF-8': {
    grpc: Buffer.concat([
      Buffer.from(toBinary(DecideRequestSchema, create(DecideRequestSchema, READ))),
      Buffer.from([0x0a, 0x02, 0xc3, 0x28]),
    ]),
    code: INVALID,
    reason: 'MALFORMED_MESSAGE',
  },
  'a body that is not UTF-8': {
    http: Buffer.from('{"request_id":"\xff"}', 'latin1'),
    code: INVALID,
    httpField: 'body',
  },
  'a body with a lone surrogate': { http: `{"request_id":"\\ud800${MARK}"}`, code: INVALID, httpField: 'body' },
  'a body with a member twice': { http: `{"request_id":"a","request_id":"${MARK}"}`, code: INVALID, httpField: 'body' },
  'a body that is no JSON': { http: `request_id=${MARK}`, code: INVALID, httpField: 'body' },
  'an unknown member': { http: { ...ENOUGH, requestid: MARK }, code: INVALID, httpField: 'requestid' },
  'a wrong type': { http: { ...ENOUGH, justification: { [MARK]: 1 } }, code: INVALID, httpField: 'justification' },
  'both forms of the arguments': {
    http: { ...ENOUGH, arguments: { a: MARK }, arguments_json: '{}' },
    code: INVALID,
    httpField: 'arguments_form',
  },
  'another content type': {
    http: ENOUGH,
    options: { headers: { 'content-type': 'text/plain' } },
    code: INVALID,
    httpField: 'content-type',
  },
  'a form': {
    http: `request_id=${MARK}`,
    options: { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    code: INVALID,
    httpField: 'content-type',
  },
  'a method that is none': { http: ENOUGH, options: { method: 'PUT' }, code: 'NOT_FOUND' },
  'a path that is none': { http: ENOUGH, options: { path: '/v1/decide' }, code: 'NOT_FOUND' },
};

describe('Decide refuses', () => {
  it.each(Object.entries(CASES))('%s', async (_, bad) => {
    const token = 'token' in bad ? bad.token : BOT;
    const answers: unknown[] = [];
    if (bad.grpc !== undefined) {
      const bytes = Buffer.isBuffer(bad.grpc)
        ? bad.grpc
        : Buffer.from(toBinary(DecideRequestSchema, create(DecideRequestSchema, bad.grpc)));
      const refused = await refusalOf(gate.grpc.raw(token, decisions.decide, bytes));
      expect(refused).toMatchObject(expected(bad, bad.field));
      answers.push(refused);
    }
    if (bad.http !== undefined) {
      const options = { method: 'POST', body: bad.http, ...bad.options };
      const refused = await refusalOf(gate.http(token, bad.options?.path ?? '/v1/decisions', options));
      expect(refused).toMatchObject(expected(bad, bad.httpField ?? bad.field));
      answers.push(refused);
    }
    expect(answers.length).toBeGreaterThan(0);
    await nothingHappened();
  });

  it('a batch of none or of 101, over both doors', async () => {
    for (const count of [0, 101]) {
      const expected = { code: INVALID, fields: [{ field: 'requests' }] };
      const requests = Array.from({ length: count }, () => READ);
      expect(await refusalOf(gate.grpc.call(BOT, decisions.decideBatch, { requests }))).toMatchObject(expected);
      const body = { requests: Array.from({ length: count }, () => ENOUGH) };
      expect(await refusalOf(gate.http(BOT, '/v1/decisions:batch', { body }))).toMatchObject(expected);
    }
    await nothingHappened();
  });
});

describe('a decision is not shown or changed', () => {
  const unknown = 'dec_00000000000000000000000000';
  const calls: [string, DescMethodUnary, (id: string) => { path: string } & HttpOptions, string][] = [
    ['get', decisions.getDecision, (id) => ({ path: `/v1/decisions/${id}` }), SUPPORT],
    ['wait', decisions.waitDecision, (id) => ({ path: `/v1/decisions/${id}?wait=1s` }), SUPPORT],
    ['withdraw', decisions.withdrawDecision, (id) => ({ path: `/v1/decisions/${id}:withdraw`, body: {} }), SUPPORT],
    ['report', decisions.reportOutcome, (id) => ({ path: `/v1/decisions/${id}:report`, body: {} }), SUPPORT],
    ['see', approvals.getApproval, (id) => ({ path: `/v1/approvals/${id}` }), 'cs_dev_lee'],
    [
      'revoke',
      approvals.revokeDecision,
      (id) => ({ path: `/v1/decisions/${id}:revoke`, body: { reason: 'x' } }),
      'cs_dev_lee',
    ],
  ];
  const own = (method: DescMethodUnary) => (method.parent.name === 'ApprovalService' ? DANA : BOT);

  describe.each(calls)('by "%s"', (_, method, twin, other) => {
    const over = async (token: string, id: string) => {
      const { path, ...options } = twin(encodeURIComponent(id));
      return [
        await refusalOf(gate.grpc.call(token, method, { id, reason: 'x' } as never)),
        await refusalOf(gate.http(token, path, options)),
      ];
    };

    it.each(['dec_1', 'DEC_00000000000000000000000000', `${unknown}0`, `dec_${MARK}`, "dec_' or 1=1 --", 'dec_\0'])(
      'for the id %j, which is none',
      async (id) => {
        for (const refused of await over(own(method), id))
          expect(refused).toMatchObject({ code: INVALID, fields: [{ field: 'id' }] });
        await nothingHappened();
      },
    );

    it('for an id that is not there', async () => {
      for (const refused of await over(own(method), unknown))
        expect(refused).toMatchObject({ code: 'NOT_FOUND', reason: 'NO_SUCH_DECISION' });
    });

    it("for somebody else's", async () => {
      for (const refused of await over(other, pending))
        expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'NOT_YOURS' });
      await nothingHappened();
    });
  });

  it('by a watch', async () => {
    const watch = async (token: string, id: string) => {
      for await (const seen of gate.grpc.watch(token, decisions.watchDecision, { id })) throw new Error(seen.id);
    };
    expect(await refusalOf(watch(SUPPORT, pending))).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await refusalOf(watch(BOT, unknown))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusalOf(watch(BOT, 'dec_1'))).toMatchObject({ code: INVALID });
  });

  it('with words that are too long', async () => {
    const tooLong: [DescMethodUnary, object, string][] = [
      [decisions.withdrawDecision, { reason: long(1_001) }, 'reason'],
      [decisions.reportOutcome, { summary: long(501) }, 'summary'],
      [decisions.reportOutcome, { details: { a: long(17_000) } }, 'details'],
    ];
    for (const [method, request, field] of tooLong)
      expect(await refusalOf(gate.grpc.call(BOT, method, { id: pending, ...request } as never))).toMatchObject({
        code: INVALID,
        fields: [{ field }],
      });
    for (const [request, field] of [
      [{ reason: long(1_001) }, 'reason'],
      [{ seenDigest: long(129) }, 'seen_digest'],
      [{ cardDigest: 'a\n' }, 'card_digest'],
    ] as const)
      expect(
        await refusalOf(gate.grpc.call(DANA, approvals.castVote, { id: pending, vote: 1, ...request })),
      ).toMatchObject({ code: INVALID, fields: [{ field }] });
    await nothingHappened();
  });
});

// Fails when what a person or an agent says afterwards is taken, and then cannot be kept.
it.each([
  ['the reason of a vote', DANA, 'approvals', 'votes', { vote: 'VOTE_DENY', reason: `a\0${MARK}` }, 'reason'],
  ['the summary of an outcome', BOT, 'decisions', 'report', { summary: `a\0${MARK}` }, 'summary'],
  ['the details of an outcome', BOT, 'decisions', 'report', { details: { a: [`\0${MARK}`] } }, 'details'],
])('a zero character in %s is refused', async (_, token, kind, verb, body, field) => {
  const path = `/v1/${kind}/${pending}${kind === 'approvals' ? '/' : ':'}${verb}`;
  const refused = await refusalOf(gate.http(token, path, { body }));
  expect(refused).toMatchObject({ code: INVALID, fields: [{ field, description: expect.stringContaining('U+0000') }] });
  await nothingHappened();
});

it('nobody is signed out whose id cannot be one', async () => {
  const refused = await refusalOf(gate.http('cs_dev_ops', '/v1/people/sign-ins:end', { body: { person: 'a\0' } }));
  expect(refused).toMatchObject({ code: INVALID, fields: [{ field: 'person' }] });
});

describe('what is unusual and right is taken', () => {
  it.each([
    ['64 levels', deep(64)],
    ['a member called __proto__', '{"__proto__":{"may_act":true},"constructor":1}'],
    ['the largest exact integer', '{"rows":9007199254740991}'],
    ['a string of 200,000 characters', `{"a":"${'x'.repeat(200_000)}"}`],
    ['characters of every width', '{"a":"é訂🧾\\u0001"}'],
    ['a backslash and what would be a zero character behind half of it', String.raw`{"a":"\\u0000"}`],
    ['spaces and any order', ' { "b" : [ ] , "a" : -0.0 } '],
  ])('%s in arguments', async (_, text) => {
    const answer = await gate.grpc.call(BOT, decisions.decide, exact(text));
    const twin = await gate.http(BOT, '/v1/decisions', { body: { ...ENOUGH, arguments_json: text } });
    expect(answer.mayAct).toBe(true);
    expect(twin).toMatchObject({ may_act: true, action_digest: answer.actionDigest });
  });
});

it.each([
  ['objects', `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`],
  ['lists', deep(64)],
])('a structure of 64 %s is taken, the same as its text', async (_, text) => {
  const value = JSON.parse(text) as object;
  const structure = { ...READ, argumentsForm: { case: 'arguments', value: value as never } } as const;
  const { mayAct, actionDigest } = await gate.grpc.call(BOT, decisions.decide, structure);
  expect(mayAct).toBe(true);
  expect(actionDigest).toBe((await gate.grpc.call(BOT, decisions.decide, exact(text))).actionDigest);
  expect(await gate.http(BOT, '/v1/decisions', { body: { ...ENOUGH, arguments: value } })).toMatchObject({
    action_digest: actionDigest,
  });
});

function expected({ code, reason, field: _ }: Bad, field: string | undefined) {
  return {
    code,
    ...(reason && reason !== '*' ? { reason } : {}),
    ...(field ? { fields: expect.arrayContaining([expect.objectContaining({ field })]) as unknown } : {}),
  };
}

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}

async function nothingHappened(): Promise<void> {
  expect(await written()).toEqual(before);
  expect(gate.log()).not.toMatch(/S3CR3T|cs_dev_|service-token/);
  expect(gate.log()).not.toContain('"level":50');
}
