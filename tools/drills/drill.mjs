// Many rounds of a crowd on one decision, over several processes of intake and one database.
import { State } from '@countersign/contract';
import pg from 'pg';
import { startIntakes } from './intakes.mjs';
import { KINDS } from './kinds.mjs';
import { CROWD } from './people.mjs';
import { Round } from './round.mjs';
import { chainProblems, problemsOf } from './story.mjs';

/** Rounds that run at a time: each has a decision of its own. */
const AT_ONCE = 3;

export async function runDrill({ rounds, processes = 4, databaseUrl, dataDir, env = {}, progress, log = () => {} }) {
  const intakes = await startIntakes({ count: processes, databaseUrl, dataDir, env, log });
  const database = new pg.Pool({ connectionString: databaseUrl, options: '-c search_path=intake', max: AT_ONCE + 1 });
  const result = { rounds: 0, crowd: CROWD, processes, calls: 0, contention: 0, ends: {}, answers: {}, problems: [] };
  const started = Date.now();
  try {
    const names = Object.keys(KINDS);
    let next = 0;
    const worker = async () => {
      while (next < rounds) {
        const name = names[next++ % names.length];
        await play(name, intakes, database, result);
        result.rounds += 1;
        progress?.(result);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const { rows } = await database.query('select body from events order by source, source_seq');
    const chains = chainProblems(rows);
    result.problems.push(...chains.problems);
    Object.assign(result, { events: rows.length, sources: chains.sources });
  } finally {
    result.contention = intakes.gates.reduce((sum, { contention }) => sum + contention, 0);
    await database.end();
    await intakes.stop();
  }
  return { ...result, seconds: Math.round((Date.now() - started) / 1000), ok: result.problems.length === 0 };
}

async function play(name, { gates, keys }, database, result) {
  const { policy, before, moves, ends } = KINDS[name];
  const round = new Round(gates, policy);
  await round.ask();
  const grant = await before?.(round);
  const settled = await Promise.allSettled(shuffled(moves(round, grant, keys)).map((move) => move()));
  const broken = settled.flatMap(({ reason }) => (reason === undefined ? [] : [`a call broke: ${reason}`]));
  // What ends by its time may do so a moment later: nothing is looked at while it still can change.
  const open = ends.includes('ALLOWED') ? [State.PENDING] : [State.PENDING, State.ALLOWED];
  await round.until((decision) => !open.includes(decision.state));
  const { rows } = await database.query('select body from events where decision_id = $1 order by tx, pos', [round.id]);
  const events = rows.map(({ body }) => JSON.parse(body.toString('utf8')));
  const state = (await database.query('select state from decisions where id = $1', [round.id])).rows[0].state;
  const story = { events, state, states: await round.states(), replies: round.replies, ends };
  for (const problem of [...broken, ...problemsOf(story)]) result.problems.push(`${name}, ${round.id}: ${problem}`);
  result.calls += round.replies.length;
  const of = (result.ends[name] ??= {});
  of[state.status] = (of[state.status] ?? 0) + 1;
  for (const { what, ok, reason } of round.replies) {
    const counts = (result.answers[what] ??= {});
    counts[ok ? 'OK' : reason] = (counts[ok ? 'OK' : reason] ?? 0) + 1;
  }
}

/** Whoever comes first is left to chance. */
function shuffled(moves) {
  return moves
    .map((move) => ({ move, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ move }) => move);
}
