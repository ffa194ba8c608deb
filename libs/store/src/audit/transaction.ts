import type { Client, Pool } from '../postgres.js';

/**
 * Runs `work` in one transaction, and returns after the commit. A connection whose transaction could not be ended is not
 * used again.
 */
export async function transaction<T>(pool: Pool, work: (db: Client) => Promise<T>): Promise<T> {
  const db = await pool.connect();
  let broken: Error | undefined;
  try {
    await db.query('begin');
    const result = await work(db);
    await db.query('commit');
    return result;
  } catch (error) {
    await db.query('rollback').catch((cause: Error) => (broken = cause));
    throw error;
  } finally {
    db.release(broken);
  }
}
