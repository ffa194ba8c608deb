import { Fault } from '@countersign/contract';
import type { Pool } from '../postgres.js';

interface Powers {
  role: string;
  table: string;
  owner: boolean;
  change: boolean;
}

/**
 * Throws Fault `ledger-unprotected` when the role this service works as could change the record: whoever takes over the
 * service must not be able to rewrite what it recorded.
 */
export async function requireAppendOnly(pool: Pool): Promise<void> {
  const { rows } = await pool.query<Powers>(
    `select current_user as role, c.relname as table,
            pg_has_role(current_user, c.relowner, 'usage') as owner,
            has_table_privilege(c.oid, 'update') or has_any_column_privilege(c.oid, 'update')
              or has_table_privilege(c.oid, 'delete') or has_table_privilege(c.oid, 'truncate') as change
     from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relname = any($1)`,
    [['entries', 'nodes', 'checkpoints', 'quarantine']],
  );
  const unsafe = rows.find((row) => row.owner || row.change);
  if (unsafe) {
    const power = unsafe.owner ? 'owns' : 'may change';
    throw new Fault(
      'ledger-unprotected',
      `role ${unsafe.role} ${power} the table ${unsafe.table}: run as countersign_audit, which may only insert and select`,
    );
  }
  if (rows.length < 4)
    throw new Fault(
      'ledger-unprotected',
      'the tables of the ledger are missing: run the migrations of the audit schema',
    );
}
