import type pg from 'pg';

/** How PostgreSQL says that another session did the same at the same moment. */
const DONE_ELSEWHERE = new Set(['23505', '42710', 'XX000']);

/**
 * Creates a role, if it is not there, and makes the current user a member of it. Roles belong to the whole cluster, so no
 * lock of one database keeps a first start in another one from being quicker: who comes second finds it done.
 */
export async function createRole(client: pg.Client, role: string, tries = 10): Promise<void> {
  try {
    const known = await client.query('select 1 from pg_roles where rolname = $1', [role]);
    if (known.rowCount === 0) await client.query(`create role ${role} nologin`);
    const { rows } = await client.query<{ member: boolean }>(
      `select pg_has_role(current_user, $1, 'member') as member`,
      [role],
    );
    if (!rows[0]?.member) await client.query(`grant ${role} to current_user`);
  } catch (error) {
    if (tries === 1 || !DONE_ELSEWHERE.has((error as pg.DatabaseError).code ?? '')) throw error;
    await createRole(client, role, tries - 1);
  }
}
