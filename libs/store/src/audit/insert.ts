import { extend, nodesOf, type Node } from '@countersign/ledger';
import type { Client } from '../postgres.js';
import type { Poison, Row } from './arrival.js';
import { readNodes } from './nodes.js';

// Bulk inserts, one array per column: the number of parameters does not grow with the batch, which PostgreSQL counts in 16
// bits. The caller holds the sequencer's lock.

/** Inserts rows from place `size` on, with the nodes of the tree that they complete. */
export async function insertRows(db: Client, size: number, rows: readonly Row[], at: string): Promise<void> {
  await db.query(
    `insert into entries (leaf_index, event_id, type, decision_id, source, source_seq, body, leaf_hash, occurred_at,
       recorded_at, topic, kafka_partition, kafka_offset)
     select $1::bigint + r.n - 1, r.id, r.type, r.decision, r.source, r.seq, r.body, r.leaf, r.at, $2::timestamptz, r.topic, r.part, r.pos
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[], $9::bytea[], $10::timestamptz[],
       $11::text[], $12::integer[], $13::bigint[])
       with ordinality as r(id, type, decision, source, seq, body, leaf, at, topic, part, pos, n)`,
    [
      size,
      at,
      rows.map((row) => row.event.id),
      rows.map((row) => row.event.type),
      rows.map((row) => row.event.decisionId),
      rows.map((row) => row.event.source),
      rows.map((row) => row.event.seq),
      rows.map((row) => row.body),
      rows.map((row) => row.leaf),
      rows.map((row) => row.event.at),
      rows.map((row) => row.from?.topic ?? null),
      rows.map((row) => row.from?.partition ?? null),
      rows.map((row) => row.from?.offset ?? null),
    ],
  );
  const edge = nodesOf({ start: 0, end: size });
  const hashes = edge.map(await readNodes(db, edge));
  const grown = extend(
    { size, hashes },
    rows.map((row) => row.leaf),
  );
  // The leaves are the entries themselves.
  await insertNodes(
    db,
    grown.nodes.filter((node) => node.level > 0),
  );
}

async function insertNodes(db: Client, nodes: readonly Node[]): Promise<void> {
  await db.query(
    'insert into nodes (level, index, hash) select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])',
    [nodes.map((node) => node.level), nodes.map((node) => node.index), nodes.map((node) => node.hash)],
  );
}

/** Keeps the raw bytes of what could not become an entry, with the place of the entry that says so. */
export async function insertQuarantine(
  db: Client,
  poison: readonly Poison[],
  places: readonly number[],
  at: string,
): Promise<void> {
  await db.query(
    `insert into quarantine (sha256, raw, reason, leaf_index, received_at, topic, kafka_partition, kafka_offset)
     select r.sha256, r.raw, r.reason, r.place, $1::timestamptz, r.topic, r.part, r.pos
     from unnest($2::bytea[], $3::bytea[], $4::text[], $5::bigint[], $6::text[], $7::integer[], $8::bigint[])
       as r(sha256, raw, reason, place, topic, part, pos)`,
    [
      at,
      poison.map((one) => one.sha256),
      poison.map((one) => one.from.value),
      poison.map((one) => one.reason),
      places,
      poison.map((one) => one.from.topic),
      poison.map((one) => one.from.partition),
      poison.map((one) => one.from.offset),
    ],
  );
}
