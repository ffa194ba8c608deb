import { Fault } from '@countersign/contract';
import type { Pool } from '../../postgres.js';
import { arrayOf } from './array.js';
import { bucketOf, BUCKETS_PER_HOUR } from './bucket.js';
import { digest, idOf, isStrict, type CounterKey } from './counter-key.js';
import type { ExpectedHead, FlowOccurrence } from './change.js';

export interface WindowTotals {
  count: number;
  sum: number;
  denies: number;
  /** Distinct; counted up to 10,000. */
  resources: number;
}

export interface HistoryQuery {
  counters: CounterKey[];
  /** The session key, as in a CounterKey of that scope. */
  session?: string;
  subject: string;
  now: Date;
}

export interface HistoryRead {
  /** By `counter scope`; there is one for each that was asked about. */
  totals: Map<string, { '1h': WindowTotals; '24h': WindowTotals }>;
  /** Of the session; without one, or when it is not known yet, of the last hour of the subject. */
  flow: FlowOccurrence[];
  sessionKnown: boolean;
  /** What must still be true at commit, for the strict scopes. */
  heads: ExpectedHead[];
}

const RESOURCES = 10_000;

/** What has been counted so far, and what has flowed, in one round trip and as of one moment. */
export class HistoryReader {
  constructor(readonly pool: Pool) {}

  /** Throws Fault `database-unavailable`. */
  async read({ counters, session, subject, now }: HistoryQuery): Promise<HistoryRead> {
    const bucket = bucketOf(now);
    const { known, totals, flow } = await this.#row([
      arrayOf(counters, idOf),
      bucket - BUCKETS_PER_HOUR,
      bucket - 24 * BUCKETS_PER_HOUR,
      session === undefined ? null : digest(session),
      digest(subject),
    ]);
    return {
      totals: new Map(counters.map(({ counter, scope }, i) => [`${counter} ${scope}`, toWindows(totals[i]!)])),
      flow: flow.map((fact) => ({ ...fact, at: new Date(fact.at).toISOString() })),
      sessionKnown: known,
      heads: counters.flatMap((key, i) => (isStrict(key) ? [{ key, version: totals[i]!.version }] : [])),
    };
  }

  async #row(values: unknown[]): Promise<Row> {
    try {
      const { rows } = await this.pool.query<Row>({ name: 'intake-history', text: READ, values });
      return rows[0]!;
    } catch (cause) {
      throw new Fault('database-unavailable', 'the database does not answer', { cause, retryable: true });
    }
  }
}

interface Row {
  known: boolean;
  totals: (Record<'hour' | 'day', [number, number, number, number]> & { version: string })[];
  flow: (Omit<FlowOccurrence, 'at'> & { at: number })[];
}

// One statement sees one moment, so the version that is read belongs to the totals that are read.
const READ = `
  with known as (select exists (select from sessions where key = $4) as known)
  select known.known,
    (select coalesce(json_agg(json_build_object(
              'hour', json_build_array(t.count1, t.sum1, t.denies1, r.resources1),
              'day', json_build_array(t.count24, t.sum24, t.denies24, r.resources24),
              'version', coalesce(h.version, 0)::text) order by k.place), '[]')
       from unnest($1::uuid[]) with ordinality as k (id, place)
       left join counter_heads h on h.id = k.id,
       lateral (
         select coalesce(sum(count) filter (where bucket >= $2), 0) as count1, coalesce(sum(count), 0) as count24,
                coalesce(sum(sum) filter (where bucket >= $2), 0) as sum1, coalesce(sum(sum), 0) as sum24,
                coalesce(sum(denies) filter (where bucket >= $2), 0) as denies1, coalesce(sum(denies), 0) as denies24
           from counters c where c.id = k.id and bucket >= $3) t,
       lateral (
         select count(*) filter (where bucket >= $2) as resources1, count(*) as resources24
           from (select bucket from counted_resources c
                  where c.id = k.id and bucket >= $3 order by bucket desc limit ${RESOURCES}) latest) r) as totals,
    (select coalesce(json_agg(json_build_object('fact', fact, 'at', (extract(epoch from at) * 1000)::bigint,
              'action', action, 'resource', resource, 'decision_id', decision_id) order by fact), '[]')
       from flow_facts
      where scope = case when known.known then 'session' else 'subject' end
        and key = case when known.known then $4 else $5 end
        and (known.known or bucket >= $2)) as flow
    from known`;

function toWindows({ hour, day }: Row['totals'][number]): { '1h': WindowTotals; '24h': WindowTotals } {
  return { '1h': toTotals(hour), '24h': toTotals(day) };
}

/** A sum beyond the largest number stays a number: policy compares it, and it must be above every limit. */
function toTotals([count, sum, denies, resources]: [number, number, number, number]): WindowTotals {
  const bounded = Math.max(-Number.MAX_VALUE, Math.min(sum, Number.MAX_VALUE));
  return { count, sum: bounded, denies, resources };
}
