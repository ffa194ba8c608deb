import type pg from 'pg';
import type { Write } from './write.js';

/** The writes whose request key is already in the table, or taken by an earlier write of the same batch. */
export async function takenKeys(client: pg.ClientBase, writes: Write[]): Promise<Set<Write>> {
  const keyed = writes.filter(({ requestKey }) => requestKey);
  if (keyed.length === 0) return new Set();
  const { rows } = await client.query<{ request_key: Buffer }>(
    'select request_key from events where request_key = any($1)',
    [keyed.map(({ requestKey }) => requestKey)],
  );
  const seen = new Set(rows.map(({ request_key }) => request_key.toString('base64')));
  const taken = new Set<Write>();
  for (const write of keyed) {
    const key = write.requestKey!.toString('base64');
    if (seen.has(key)) taken.add(write);
    seen.add(key);
  }
  return taken;
}

/**
 * Inserts and updates state rows, each only if the decision still is what the writer believed. Returns the writes that lost.
 * Rows are touched in one order everywhere, that of what they may collide on, so that two processes cannot wait for each
 * other.
 */
export async function saveStates(client: pg.ClientBase, writes: Write[]): Promise<Set<Write>> {
  const lost = new Set<Write>();
  const withState = writes
    .filter(({ state }) => state)
    .map((write) => ({ write, key: collisionKey(write) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ write }) => write);
  const inserts = withState.filter(({ state }) => state!.expected === 0);
  const updates = withState.filter(({ state }) => state!.expected > 0);
  for (const [group, sql] of [
    [inserts, INSERT],
    [updates, UPDATE],
  ] as const) {
    if (group.length === 0) continue;
    const { rows } = await client.query<{ id: string }>(sql, columns(group, sql === UPDATE));
    const won = new Set(rows.map(({ id }) => id));
    for (const write of group) if (!won.has(write.decisionId)) lost.add(write);
  }
  return lost;
}

/** Makes the rows of decisions that begin with another one's write. Their ids are new, and they do not wait for people. */
export async function saveBorn(client: pg.ClientBase, writes: Write[]): Promise<void> {
  const born = writes.flatMap(({ born }) =>
    born ? [{ ...born, state: { expected: 0, row: born.row }, events: [] }] : [],
  );
  if (born.length > 0) await client.query(INSERT, columns(born, false));
}

/** A new pending row collides with another on subject and digest; one decision has the same of both in every process. */
function collisionKey({ decisionId, state }: Write): string {
  return `${state!.row.digest} ${state!.row.subject_id} ${decisionId}`;
}

const UNNEST =
  'unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::timestamptz[], $9::text[], $10::bool[], $11::text[]';

// A list of lists does not pass through unnest, so each list goes as its JSON text.
const ASKED = '(select array_agg(one) from json_array_elements_text(row.asked::json) as one)';

const INSERT = `
  insert into decisions (id, version, status, subject_id, digest, deadline, state, due, asked, held, session)
  select id, version, status, subject_id, digest, deadline, state::json, due, ${ASKED}, held, session
    from ${UNNEST}) as row (id, version, status, subject_id, digest, deadline, state, due, asked, held, session)
      on conflict do nothing returning id`;

const UPDATE = `
  update decisions d
     set version = row.version, status = row.status, deadline = row.deadline, due = row.due, asked = ${ASKED}, session = row.session,
         state = row.state::json
    from ${UNNEST}, $12::int[]) as row (id, version, status, subject_id, digest, deadline, state, due, asked, held, session, expected)
   where d.id = row.id and d.version = row.expected
  returning d.id`;

function columns(writes: Write[], expected: boolean): unknown[] {
  const rows = writes.map(({ state }) => state!.row);
  return [
    writes.map(({ decisionId }) => decisionId),
    rows.map(({ version }) => version),
    rows.map(({ status }) => status),
    rows.map(({ subject_id }) => subject_id),
    rows.map(({ digest }) => digest),
    rows.map(({ deadline }) => deadline),
    rows.map(({ state }) => state),
    rows.map(({ due }) => due),
    rows.map(({ asked }) => (asked ? JSON.stringify(asked) : null)),
    rows.map(({ held }) => held),
    rows.map(({ session }) => session ?? null),
    ...(expected ? [writes.map(({ state }) => state!.expected)] : []),
  ];
}
