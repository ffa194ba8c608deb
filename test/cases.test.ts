import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry, fromJson, toJson, type DescMethodUnary, type JsonObject } from '@bufbuild/protobuf';
import { startStandalone, type Standalone } from '@countersign/app-standalone';
import {
  ApprovalService,
  BadRequestSchema,
  DecisionService,
  ErrorInfoSchema,
  type Envelope,
} from '@countersign/contract';
import { leafHash } from '@countersign/ledger';
import { parseSettings } from '@countersign/service';
import { Ajv2020 } from 'ajv/dist/2020.js';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ANYTHING } from './gate.js';
import { until } from './until.js';
import { freePorts } from '../tools/services/ports.mjs';
import { testDatabase } from './postgres.js';
import { Grpc, http, Refusal, type HttpOptions } from './wire.js';

// Plays the stories of test/cases: the same files against the product over HTTP and over gRPC, from the request to the ledger.

interface Story {
  description: string;
  policies?: 'shipped' | 'told';
  steps: Step[];
  events: { type: string; data?: JsonObject }[];
}

type Step = { as: string; expect?: JsonObject; refused?: { code: string; reason?: string; message?: string } } & {
  [K in Verb]?: JsonObject;
};

const { method: decisions } = DecisionService;
const { method: approvals } = ApprovalService;
type Verb =
  'decide' | 'get' | 'wait' | 'see' | 'vote' | 'redeem' | 'report' | 'withdraw' | 'revoke' | 'break_glass' | 'review';

const METHODS: Record<
  Verb,
  { method: DescMethodUnary; twin(id: string, body: JsonObject): { path: string } & HttpOptions }
> = {
  decide: { method: decisions.decide, twin: (_, body) => ({ path: '/v1/decisions', body }) },
  get: { method: decisions.getDecision, twin: (id) => ({ path: `/v1/decisions/${id}` }) },
  wait: {
    method: decisions.waitDecision,
    twin: (id, { wait }) => ({ path: `/v1/decisions/${id}?wait=${String(wait)}` }),
  },
  see: { method: approvals.getApproval, twin: (id) => ({ path: `/v1/approvals/${id}` }) },
  vote: { method: approvals.castVote, twin: (id, body) => ({ path: `/v1/approvals/${id}/votes`, body }) },
  redeem: { method: decisions.redeemGrant, twin: (_, body) => ({ path: '/v1/grants:redeem', body }) },
  report: { method: decisions.reportOutcome, twin: (id, body) => ({ path: `/v1/decisions/${id}:report`, body }) },
  withdraw: {
    method: decisions.withdrawDecision,
    twin: (id, body) => ({ path: `/v1/decisions/${id}:withdraw`, body }),
  },
  revoke: { method: approvals.revokeDecision, twin: (id, body) => ({ path: `/v1/decisions/${id}:revoke`, body }) },
  break_glass: {
    method: approvals.breakGlass,
    twin: (id, body) => ({ path: '/v1/decisions:break-glass', body: { decision_id: id, ...body } }),
  },
  review: { method: approvals.closeReview, twin: (id, body) => ({ path: `/v1/reviews/${id}:close`, body }) },
};

type Door = (product: Standalone, token: string, verb: Verb, id: string, body: JsonObject) => Promise<JsonObject>;

const registry = createRegistry(BadRequestSchema, ErrorInfoSchema);
const clients = new Map<number, Grpc>();

const DOORS: Record<string, Door> = {
  HTTP: ({ httpPort }, token, verb, id, body) => {
    const { path, ...options } = METHODS[verb].twin(id, body);
    return http(httpPort, token, path, options);
  },
  gRPC: async ({ grpcPort }, token, verb, id, body) => {
    const client = clients.get(grpcPort) ?? new Grpc(grpcPort);
    clients.set(grpcPort, client);
    const { method } = METHODS[verb];
    const of = method.input.fields.find(({ name }) => name === 'id' || name === 'decision_id');
    const named = of ? { [of.name]: id, ...body } : body;
    const answer = await client.call(token, method, fromJson(method.input, named), 70_000);
    return toJson(method.output, answer, { useProtoFieldName: true, alwaysEmitImplicit: true, registry }) as JsonObject;
  },
};

const FOLDER = join(import.meta.dirname, 'cases');
const STORIES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name: name.replace('.yaml', ''), text: readFileSync(join(FOLDER, name), 'utf8') }));
const schema = JSON.parse(readFileSync(join(FOLDER, 'case.schema.json'), 'utf8')) as object;
const valid = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(schema);

it.each(STORIES)('the story $name is written as stories are', ({ text }) => {
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./case.schema.json');
  valid(parse(text));
  expect(valid.errors ?? []).toEqual([]);
});

describe.each(Object.keys(DOORS))('over %s', (door) => {
  const products = {} as Record<'shipped' | 'told', Running>;

  beforeAll(async () => {
    products.shipped = await start();
    products.told = await start(ANYTHING);
  });
  afterAll(async () => {
    for (const running of Object.values(products)) await running.stop();
  });

  it.each(STORIES)('$name', async ({ text }) => {
    const story = parse(text) as Story;
    const running = products[story.policies ?? 'shipped'];
    const id = await play(story, (token, verb, of, body) => DOORS[door]!(running.product, token, verb, of, body));
    await expectRecord(running, id, story.events);
  });
});

/** Plays all steps and returns the decision's id. */
async function play(
  { steps }: Story,
  call: (token: string, verb: Verb, id: string, body: JsonObject) => Promise<JsonObject>,
): Promise<string> {
  let [id, grant, seen] = ['', '', ''];
  let asked: JsonObject = {};
  for (const [number, step] of steps.entries()) {
    const verb = (Object.keys(METHODS) as Verb[]).find((name) => step[name] !== undefined)!;
    let body = step[verb]!;
    if (verb === 'decide') asked = body;
    if (verb === 'redeem') {
      const { action, arguments: given, resource, context } = asked;
      const known = { action, arguments: given, resource, context, grant };
      body = { ...(JSON.parse(JSON.stringify(known)) as JsonObject), ...body };
    }
    if (body['seen_digest'] === '$seen') body = { ...body, seen_digest: seen };
    const what = `step ${number + 1}, ${step.as}: ${verb}`;
    const answer = await call(`cs_dev_${step.as}`, verb, id, body).catch((error: unknown) => {
      if (error instanceof Refusal) return error;
      throw error;
    });
    if (step.refused) {
      const { code, reason, message } = answer as Refusal;
      expect(answer instanceof Refusal, `${what} is refused`).toBe(true);
      expect(differences({ code, reason, message }, step.refused), what).toEqual([]);
      continue;
    }
    if (answer instanceof Refusal) throw new Error(`${what} was refused: ${answer.code} ${answer.message}`);
    expect(differences(answer, step.expect ?? {}), what).toEqual([]);
    const decision = (answer['decision'] ?? answer) as { id: string; grant: string; action_digest: string };
    id = decision.id;
    seen = decision.action_digest;
    grant = decision.grant || grant;
  }
  return id;
}

/** The events are in intake's table, and the same bytes are in the ledger, in the same order. */
async function expectRecord({ product, admin }: Running, id: string, expected: Story['events']): Promise<void> {
  const { rows } = await admin.query<{ body: Buffer }>(
    'select body from intake.events where decision_id = $1 order by tx, pos',
    [id],
  );
  const events = rows.map(({ body }) => JSON.parse(body.toString()) as Envelope);
  expect(events.map(({ type }) => type)).toEqual(expected.map(({ type }) => type));
  expect(events.map(({ version }) => version)).toEqual(events.map((_, i) => i + 1));
  expected.forEach(({ type, data }, i) => expect(differences(events[i]!.data, data ?? {}), type).toEqual([]));

  let entries: { index: string; body: string; leaf_hash: string }[] = [];
  await until('the ledger has it', async () => {
    ({ entries } = await http<{ entries: typeof entries }>(
      product.httpPort,
      'cs_dev_dana',
      `/v1/entries?decision_id=${id}`,
    ));
    return entries.length === rows.length;
  });
  expect(entries.map(({ body }) => Buffer.from(body, 'base64'))).toEqual(rows.map(({ body }) => body));
  for (const { body, leaf_hash } of entries)
    expect(leafHash(Buffer.from(body, 'base64')).toString('base64')).toBe(leaf_hash);
  const places = entries.map(({ index }) => Number(index));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
}

/** Where `actual` is not what is expected: objects may have more, lists may not, and * in a text stands for anything. */
function differences(actual: unknown, expected: unknown, path = ''): string[] {
  if (typeof expected === 'string' && expected.includes('*') && typeof actual === 'string') {
    const pattern = expected.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    if (new RegExp(`^${pattern.join('[^]*')}$`).test(actual)) return [];
  } else if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((item, i) => differences((actual as unknown[])[i], item, `${path}[${i}]`));
  } else if (isObject(expected) && isObject(actual)) {
    return Object.entries(expected).flatMap(([key, value]) => differences(actual[key], value, `${path}.${key}`));
  } else if (Object.is(actual, expected)) return [];
  return [`${path}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Running {
  product: Standalone;
  admin: pg.Client;
  stop(): Promise<void>;
}

async function start(policies?: string): Promise<Running> {
  const database = await testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-cases-'));
  const [grpcPort, httpPort] = await freePorts(2);
  const settings = parseSettings({
    DATABASE_URL: database.url,
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_GRPC_PORT: String(grpcPort),
    COUNTERSIGN_HTTP_PORT: String(httpPort),
    COUNTERSIGN_LOG_LEVEL: 'silent',
    COUNTERSIGN_POLICIES: policies,
  });
  const product = await startStandalone(settings, () => undefined);
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  return {
    product,
    admin,
    stop: async () => {
      clients.get(product.grpcPort)?.close();
      await product.stop();
      await admin.end();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
