import { connect, createServer, type Server, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { State, Vote } from '@countersign/contract';
import { openPool, startPostgres, type EmbeddedPostgres } from '@countersign/store';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  approvals,
  approved,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  newPlace,
  READ,
  startGate,
  typesOf,
  type Gate,
} from '../../../test/gate.js';
import { chainProblems } from '../../../test/intake-writes.js';
import { until } from '../../../test/until.js';

// A database that goes away and comes back: nothing is permitted meanwhile, and nothing is lost.

/** Keeps one address while the server behind it stops and starts on another port. */
class Door {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  target = 0;

  constructor() {
    this.#server = createServer((client) => {
      const server = connect(this.target, '127.0.0.1');
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#open.add(from);
        from.on('error', () => to.destroy()).on('close', () => (this.#open.delete(from), to.destroy()));
        from.pipe(to);
      }
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as { port: number }).port)),
    );
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }
}

let folder: string;
let server: EmbeddedPostgres;
let door: Door;
let url: URL;
let gate: Gate;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-outage-'));
  server = await startPostgres({ dataDir: join(folder, 'postgres') });
  door = new Door();
  url = new URL(server.url);
  door.target = Number(url.port);
  url.port = String(await door.listen());
  gate = await startGate({ databaseUrl: url.href, dataDir: join(folder, 'data') });
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
  door.close();
  await rm(folder, { recursive: true, force: true });
});

async function withAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: url.href, options: '-c search_path=intake' });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

it('permits nothing without its database, says so to everybody, and goes on by itself when it is back', async () => {
  const request = bulkDelete();
  const { id, grant } = await approved(gate, request);
  const held = (await gate.grpc.call(BOT, decisions.decide, bulkDelete())).id;
  await server.stop();

  const unavailable = { code: 'UNAVAILABLE', message: expect.stringContaining('nothing was permitted') as string };
  for (const call of [
    () => gate.grpc.call(BOT, decisions.decide, { ...READ, requestId: 'during' }),
    () => gate.grpc.call(BOT, decisions.decide, bulkDelete()),
    () => gate.grpc.call(BOT, decisions.getDecision, { id }),
    () => gate.grpc.call(BOT, decisions.redeemGrant, { ...request, grant }),
    () => gate.grpc.call(DANA, approvals.castVote, { id: held, vote: Vote.APPROVE }),
    () => gate.http(BOT, `/v1/decisions/${id}`),
  ])
    await expect(call()).rejects.toMatchObject({ ...unavailable, reason: 'DATABASE_UNAVAILABLE', retryDelay: '1s' });
  const batch = await gate.grpc.call(BOT, decisions.decideBatch, { requests: [READ] });
  expect(batch.results[0]!.result).toMatchObject({ case: 'error', value: { code: 14 } });
  const ready = await fetch(`http://127.0.0.1:${gate.httpPort}/readyz`);
  expect(ready.status).toBe(503);
  expect(Object.keys(((await ready.json()) as { problems: object }).problems)).toEqual(['database']);

  server = await startPostgres({ dataDir: join(folder, 'postgres') });
  door.target = Number(new URL(server.url).port);
  await until('it answers again', () =>
    gate.grpc.call(BOT, decisions.decide, { ...READ, requestId: 'during' }).then(
      ({ mayAct }) => mayAct,
      () => false,
    ),
  );
  expect(await gate.grpc.call(BOT, decisions.redeemGrant, { ...request, grant })).toMatchObject({ redeemed: true });
  expect(await gate.grpc.call(DANA, approvals.castVote, { id: held, vote: Vote.APPROVE })).toMatchObject({
    decision: { state: State.ALLOWED },
  });
  await withAdmin(async (admin) => {
    expect(await typesOf(admin, id)).toEqual(['decision.held', 'vote.cast', 'decision.approved', 'grant.redeemed']);
    expect(await typesOf(admin, held)).toEqual(['decision.held', 'vote.cast', 'decision.approved']);
    await until('everything is published', async () => {
      const { rows } = await admin.query<{ n: number }>('select count(*)::int as n from events');
      return new Set(gate.published.map((event) => event.id)).size === rows[0]!.n;
    });
  });
  const pool = openPool(url.href, 'intake');
  expect(await chainProblems(pool)).toEqual([]);
  await pool.end();
  expect(gate.log()).not.toContain('a handler broke');
});

it('wakes whoever waits when another process decides, through the database alone', async () => {
  const second = await startGate({ databaseUrl: url.href, dataDir: join(folder, 'data') });
  const { id } = await gate.grpc.call(BOT, decisions.decide, bulkDelete());
  const waiting = gate.grpc.call(BOT, decisions.waitDecision, { id, wait: { seconds: 60n } }, 70_000);
  await second.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
  expect(await waiting).toMatchObject({ state: State.ALLOWED });
  await second.stop();
});

it('stops in good time although somebody waits, and answers those who do', async () => {
  const place = await newPlace();
  const own = await startGate(place);
  const { id } = await own.grpc.call(BOT, decisions.decide, bulkDelete());
  const overHttp = own.http(BOT, `/v1/decisions/${id}?wait=300s`).then(
    ({ state }) => state,
    () => 'cut off',
  );
  const overGrpc = own.grpc.call(BOT, decisions.waitDecision, { id, wait: { seconds: 300n } }, 310_000).then(
    ({ state }) => state,
    () => 'cut off',
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const began = Date.now();
  await own.stop();
  expect(Date.now() - began).toBeLessThan(9_000);
  expect(['STATE_PENDING', 'cut off']).toContain(await overHttp);
  expect([State.PENDING, 'cut off']).toContain(await overGrpc);
  await place.remove();
});
