import { nodeKey, type NodeId, type ReadNode } from '@countersign/ledger';
import type { Client } from '../postgres.js';

export type Queryable = Pick<Client, 'query'>;

/** Loads complete nodes in one query, leaves included. Reading one that is not there is damage to the ledger: it throws. */
export async function readNodes(db: Queryable, ids: readonly NodeId[]): Promise<ReadNode> {
  const found = new Map<string, Buffer>();
  if (ids.length > 0) {
    const { rows } = await db.query<{ level: number; index: string; hash: Buffer }>(
      `select level, index, hash from nodes join unnest($1::smallint[], $2::bigint[]) as wanted(level, index) using (level, index)
       union all
       select 0::smallint, leaf_index, leaf_hash from entries where leaf_index = any($3::bigint[])`,
      [ids.map((id) => id.level), ids.map((id) => id.index), ids.filter((id) => id.level === 0).map((id) => id.index)],
    );
    for (const row of rows) found.set(nodeKey({ level: row.level, index: Number(row.index) }), row.hash);
  }
  return (id) => {
    const value = found.get(nodeKey(id));
    if (!value) throw new Error(`the ledger is damaged: node ${nodeKey(id)} of its tree is missing`);
    return value;
  };
}
