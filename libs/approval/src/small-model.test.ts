import { describe, expect, it } from 'vitest';
import {
  act,
  AGENT,
  DIGEST,
  fold,
  holding,
  later,
  redeeming,
  REQUEST,
  terms,
  verdict,
  vote,
  deny,
} from '../test/office.js';
import type { Command } from './decide.js';
import type { Person } from './request.js';
import { TRANSITIONS, type Decision } from './state.js';
import type { SeatTerms } from './verdict.js';

// Everything that can happen in an office of three people and two groups, in every order, up to a length. Worlds that can
// not be told apart are looked at once, so the count of sequences covered is far above the count of worlds.

const LENGTH = 5;
/** For the longer life of a grant that is used several times, in fewer offices. */
const LONGER = 8;
/** Such a grant is meant for one place and bound to one key. */
const [PLACE, KEY] = ['db.example', 'key of the agent'];
const SETS = [[], ['dba'], ['finance'], ['dba', 'finance']];
const QUORUMS: SeatTerms[][] = [
  [{ group: 'dba', count: 1 }],
  [{ group: 'dba', count: 2 }],
  [
    { group: 'dba', count: 1 },
    { group: 'finance', count: 1 },
  ],
];
/** The owner of the agent: nobody among the three, or one of them. */
const OWNERS = ['sam', 'a'];

interface World {
  decision: Decision;
  people: Person[];
  clock: number;
  /** Uses as they are counted here, from the outside. */
  redeemed: number;
}

const MOVES: ((world: World) => World)[] = [
  ...[0, 1, 2].map((i) => (world: World) => run(world, vote(world.people[i]!, { earlier: world.people }))),
  (world) => run(world, deny(world.people[0]!)),
  (world) => run(world, { type: 'withdraw', by: 'release-bot' }),
  (world) => run(world, { type: 'revoke', by: world.people[2]!, reason: 'incident' }),
  (world) => run(world, redeem(world)),
  (world) => run(world, { ...redeem(world), action_digest: 'another' }),
  (world) => ({ ...world, clock: world.clock + 600 }),
  (world) => ({ ...world, people: world.people.map((one, i) => (i === 1 ? { ...one, groups: [] } : one)) }),
];

/** What only a grant with a place and a holder can refuse. */
const STRAYS: typeof MOVES = [
  (world) => run(world, { ...redeem(world), audience: 'elsewhere' }),
  (world) => run(world, { ...redeem(world), proof: { key: 'key of a thief', id: 'p' } }),
  // The proof of the first use again.
  (world) => run(world, { ...redeem(world), proof: { key: KEY, id: 'p0' } }),
];

const redeem = ({ people, redeemed }: World) =>
  redeeming({ approvers: people, audience: PLACE, proof: { key: KEY, id: `p${redeemed}` } });

function run(world: World, command: Command): World {
  const { decision, events } = act(world.decision, command, later(world.clock));
  const used = events.filter(({ type }) => type === 'grant.redeemed');
  if (used.length > 0 && command.type === 'redeem') {
    const { action_digest, audience, proof } = command;
    const shown = proof && 'key' in proof ? `${proof.key} ${proof.id}` : '';
    if (action_digest !== DIGEST || audience !== PLACE || shown !== `${KEY} p${world.redeemed}`)
      throw new Error(`used with ${JSON.stringify(command)}`);
    if (JSON.stringify(used).includes(`"use":${world.redeemed + 1}`) === false) throw new Error('a use is miscounted');
  }
  return { ...world, decision, redeemed: world.redeemed + used.length };
}

/** All that tells one world of an office from another. */
function keyOf({ decision, people, clock, redeemed }: World): string {
  const votes = decision.approval?.votes.map(({ voter, vote: said, groups, at, seat }) => [
    voter,
    said,
    groups,
    at,
    seat,
  ]);
  const grant = 'grant' in decision ? decision.grant : undefined;
  return JSON.stringify([decision.status, votes, grant, people.map(({ groups }) => groups), clock, redeemed]);
}

function quorumOf(seats: readonly SeatTerms[], people: readonly Person[]): boolean {
  const places = seats.flatMap(({ group, count }) => Array<string>(count).fill(group));
  const go = (i: number, left: readonly Person[]): boolean =>
    i === places.length ||
    left.some(
      (one) =>
        one.groups.includes(places[i]!) &&
        go(
          i + 1,
          left.filter((other) => other !== one),
        ),
    );
  return go(0, people);
}

function check(before: World, after: World, owner: string): void {
  const [was, is] = [before.decision.status, after.decision.status];
  if (was !== is && !TRANSITIONS[was].includes(is)) throw new Error(`${was} became ${is}`);
  const allows = after.decision.approval!.grant.uses;
  if (after.redeemed > allows) throw new Error('a grant was used more often than it allows');
  if ((is === 'REDEEMED') !== (after.redeemed === allows)) throw new Error(`${is} after ${after.redeemed} uses`);
  const approval = after.decision.approval;
  if (approval?.votes.some(({ voter }) => voter === owner)) throw new Error('the vote of the owner counts');
  const used = after.redeemed > before.redeemed;
  if (!used && (was === is || is !== 'ALLOWED')) return;
  const said = after.people.filter(
    ({ id }) => id !== owner && approval!.votes.some(({ voter, vote }) => voter === id && vote === 'approve'),
  );
  if (!quorumOf(approval!.terms.seats, said)) throw new Error(`${is} without a quorum`);
}

interface Office {
  decision: Decision;
  people: Person[];
  owner: string;
}

function officeOf(seats: SeatTerms[], owner: string, groups: string[][], uses = 1, bound = false): Office {
  const people = groups.map((of, i) => ({ id: 'abc'[i]!, name: 'abc'[i]!, groups: of }));
  const decision = fold([
    holding({
      agent: { ...AGENT, owner },
      request: { ...REQUEST, principal: undefined, ...(bound ? { audience: PLACE, holder_key: KEY } : {}) },
      verdict: verdict({ approval: terms({ seats }), grant: { expires_in_s: 600, uses } }),
      members: people,
    }),
  ])!;
  const asked = people.filter(({ id }) => id !== owner);
  expect(decision.status).toBe(quorumOf(seats, asked) ? 'PENDING' : 'DENIED');
  return { decision, people, owner };
}

/** Takes every move in every world that can be reached in so many steps. */
function explore(offices: Office[], moves: typeof MOVES, length: number) {
  const found = { offices: offices.length, denied: 0, worlds: 0, transitions: 0, sequences: 0 };
  const statuses = new Set<string>();
  for (const { decision, people, owner } of offices) {
    if (decision.status === 'DENIED') {
      found.denied++;
      continue;
    }
    // How many sequences lead to each world that is new at this length.
    let edge = new Map<string, { world: World; ways: number }>();
    const first = { decision, people, clock: 0, redeemed: 0 };
    edge.set(keyOf(first), { world: first, ways: 1 });
    const seen = new Set(edge.keys());
    for (let step = 1; step <= length; step++) {
      const next = new Map<string, { world: World; ways: number }>();
      for (const { world, ways } of edge.values()) {
        for (const move of moves) {
          const after = move(world);
          check(world, after, owner);
          found.transitions++;
          found.sequences += ways;
          statuses.add(after.decision.status);
          const key = keyOf(after);
          const known = next.get(key);
          if (known) known.ways += ways;
          else next.set(key, { world: after, ways });
        }
      }
      edge = next;
      for (const key of next.keys()) seen.add(key);
    }
    found.worlds += seen.size;
  }
  expect([...statuses].sort()).toEqual(Object.keys(TRANSITIONS).sort());
  return found;
}

// Long, because it tries everything; longer on a machine that has other work.
describe('every order of everything, in a small office', { timeout: 300_000 }, () => {
  it(`no permission without a quorum, none used twice, no way back: all sequences of up to ${LENGTH} steps`, () => {
    const groups = SETS.flatMap((a) => SETS.flatMap((b) => SETS.map((c) => [a, b, c])));
    const offices = QUORUMS.flatMap((seats) =>
      OWNERS.flatMap((owner) => groups.map((of) => officeOf(seats, owner, of))),
    );
    // 3 quorums, 2 owners and 64 ways to put three people into two groups; ten moves at every step.
    expect(explore(offices, MOVES, LENGTH)).toEqual({
      offices: 384,
      denied: 158,
      worlds: 43_252,
      transitions: 448_630,
      sequences: 25_110_860,
    });
  });

  it(`none used more often than it allows, elsewhere, or by a thief: all sequences of up to ${LONGER} steps`, () => {
    const groups = [
      [['dba'], [], []],
      [['dba'], ['dba'], ['finance']],
    ];
    const offices = [1, 2, 3].flatMap((uses) => groups.map((of) => officeOf(QUORUMS[0]!, 'sam', of, uses, true)));
    // Grants of one to three uses, in two offices; thirteen moves at every step.
    expect(explore(offices, [...MOVES, ...STRAYS], LONGER)).toEqual({
      offices: 6,
      denied: 0,
      worlds: 1_458,
      transitions: 48_178,
      sequences: 5_302_249_680,
    });
  });
});
