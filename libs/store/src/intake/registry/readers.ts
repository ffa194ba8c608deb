import { Fault } from '@countersign/contract';
import type { Pool } from '../../postgres.js';

/** A process that has not looked for this long no longer counts, and by then refuses everything that depends on looking. */
const LIVE_S = 12;

/** Which processes follow the registry, and how far each has read. */
export class RegistryReaders {
  constructor(
    readonly pool: Pool,
    readonly process: string,
  ) {}

  /** This process is there, and acts by all that was changed up to `seq`. */
  async mark(seq: number): Promise<void> {
    await this.pool.query(
      `insert into registry_readers (process, seq, at) values ($1, $2, now())
           on conflict (process) do update set seq = excluded.seq, at = excluded.at`,
      [this.process, seq],
    );
  }

  /** Processes that are there and have not read up to `seq`. Throws Fault `database-unavailable`. */
  async behind(seq: number): Promise<number> {
    const sql = `select count(*)::int as behind from registry_readers
                  where seq < $1 and at > now() - make_interval(secs => $2)`;
    try {
      return (await this.pool.query<{ behind: number }>(sql, [seq, LIVE_S])).rows[0]!.behind;
    } catch (cause) {
      throw new Fault('database-unavailable', 'the database does not answer', { cause, retryable: true });
    }
  }

  /** This process is going; those that went without saying so are forgotten with it. */
  async leave(): Promise<void> {
    await this.pool.query(`delete from registry_readers where process = $1 or at < now() - make_interval(secs => $2)`, [
      this.process,
      LIVE_S * 10,
    ]);
  }
}
