import type pg from 'pg';
import type { Write } from '../write.js';

// What a write changes about policy, in the transaction that puts it on the record.

/** What is kept of a bundle besides its archive, which is stored before. */
export interface Upload {
  revision: string;
  author: string;
  note: string;
  areas: string[];
  size: number;
  /** JSON text. */
  changes: string;
  /** RFC 3339. */
  at: string;
}

export interface Activation {
  /** The bundle that is to serve. */
  revision: string;
  /** The bundle that serves now, as far as is known: if another one does, the write is lost. */
  from: string;
  /** Whether that one was activated. If not, it serves because it is shipped, and is kept all the same, to go back to. */
  fromStored: boolean;
  by: string;
  /** RFC 3339. */
  at: string;
  decisionId: string;
}

export interface PolicyChange {
  upload?: Upload;
  activation?: Activation;
}

/** The channel on which every process hears that another bundle serves, or is a candidate. */
export const POLICY_CHANNEL = 'countersign_policy';

/**
 * The writes that are too late: the bundle is known already, or another one serves than was believed. Locks what serves until
 * the end of the transaction. Of two that change it in one batch the first goes before. Call it before states are saved.
 */
export async function overtakenPolicy(client: pg.ClientBase, writes: Write[]): Promise<Set<Write>> {
  const lost = new Set<Write>();
  const known = await knownBundles(client, writes);
  const serving = await lockServing(client, writes);
  let latest = serving;
  for (const write of writes) {
    const { upload, activation } = write.policy ?? {};
    if (upload && known.has(upload.revision)) lost.add(write);
    if (upload) known.add(upload.revision);
    if (!activation) continue;
    if (latest !== (activation.fromStored ? activation.from : null)) lost.add(write);
    else latest = activation.revision;
  }
  return lost;
}

/** Makes the changes of writes that have won. */
export async function changePolicy(client: pg.ClientBase, writes: Write[]): Promise<void> {
  for (const { policy } of writes) {
    if (policy?.upload) await announce(client, policy.upload);
    if (policy?.activation) await activate(client, policy.activation);
  }
}

async function knownBundles(client: pg.ClientBase, writes: Write[]): Promise<Set<string>> {
  const revisions = writes.flatMap(({ policy }) => policy?.upload?.revision ?? []);
  if (revisions.length === 0) return new Set();
  const { rows } = await client.query<{ revision: string }>('select revision from bundles where revision = any($1)', [
    revisions,
  ]);
  return new Set(rows.map(({ revision }) => revision));
}

async function lockServing(client: pg.ClientBase, writes: Write[]): Promise<string | null> {
  if (!writes.some(({ policy }) => policy?.activation)) return null;
  const { rows } = await client.query<{ revision: string | null }>('select revision from serving_bundle for update');
  return rows[0]?.revision ?? null;
}

async function announce(client: pg.ClientBase, upload: Upload): Promise<void> {
  const { revision, author, note, areas, size, changes, at } = upload;
  await client.query(ANNOUNCE, [revision, author, note, areas, size, changes, at]);
}

export const ANNOUNCE = `
  insert into bundles (revision, author, note, areas, size, changes, created_at)
  values ($1, $2, $3, $4, $5, $6, $7)`;

async function activate(client: pg.ClientBase, activation: Activation): Promise<void> {
  const { revision, from, by, at, decisionId } = activation;
  await client.query('update serving_bundle set revision = $1, previous = $2, candidate = nullif(candidate, $1)', [
    revision,
    from,
  ]);
  await client.query('update bundles set activated_at = $2, activated_by = $3, decision_id = $4 where revision = $1', [
    revision,
    at,
    by,
    decisionId,
  ]);
  await client.query('select pg_notify($1, $2)', [POLICY_CHANNEL, revision]);
}
