import { describe, expect, it } from 'vitest';
import { act, AGENT, fold, holding, later, redeeming, REQUEST, terms, verdict, vote, deny } from '../test/office.js';
import type { Command } from './decide.js';
import type { Person } from './request.js';
import { TRANSITIONS, type Decision } from './state.js';
import type { SeatTerms } from './verdict.js';

// Everything that can happen in an office of three people and two groups, in every order, up to a length. Worlds that can
// not be told apart are looked at once, so the count of sequences covered is far above the count of worlds.

const LENGTH = 5;
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

const redeem = ({ people }: World) => redeeming({ approvers: people });

function run(world: World, command: Command): World {
  const { decision } = act(world.decision, command, later(world.clock));
  const redeemed = world.redeemed + Number(decision.status === 'REDEEMED' && world.decision.status !== 'REDEEMED');
  return { ...world, decision, redeemed };
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
  if (after.redeemed > 1) throw new Error('a grant was used twice');
  const approval = after.decision.approval;
  if (approval?.votes.some(({ voter }) => voter === owner)) throw new Error('the vote of the owner counts');
  if (was === is || (is !== 'ALLOWED' && is !== 'REDEEMED')) return;
  const said = after.people.filter(
    ({ id }) => id !== owner && approval!.votes.some(({ voter, vote }) => voter === id && vote === 'approve'),
  );
  if (!quorumOf(approval!.terms.seats, said)) throw new Error(`${is} without a quorum`);
}

describe('every order of everything, in a small office', () => {
  it(`no permission without a quorum, none used twice, no way back: all sequences of up to ${LENGTH} steps`, () => {
    let [offices, denied, worlds, transitions, sequences] = [0, 0, 0, 0, 0];
    const statuses = new Set<string>();
    for (const seats of QUORUMS) {
      for (const owner of OWNERS) {
        for (const [x, y, z] of SETS.flatMap((a) => SETS.flatMap((b) => SETS.map((c) => [a, b, c] as const)))) {
          const people = [x, y, z].map((groups, i) => ({ id: 'abc'[i]!, name: 'abc'[i]!, groups }));
          const decision = fold([
            holding({
              agent: { ...AGENT, owner },
              request: { ...REQUEST, principal: undefined },
              verdict: verdict({ approval: terms({ seats }) }),
              members: people,
            }),
          ])!;
          offices++;
          const asked = people.filter(({ id }) => id !== owner);
          expect(decision.status).toBe(quorumOf(seats, asked) ? 'PENDING' : 'DENIED');
          if (decision.status === 'DENIED') {
            denied++;
            continue;
          }
          // How many sequences lead to each world that is new at this length.
          let edge = new Map<string, { world: World; ways: number }>();
          const first = { decision, people, clock: 0, redeemed: 0 };
          edge.set(keyOf(first), { world: first, ways: 1 });
          const seen = new Set(edge.keys());
          for (let length = 1; length <= LENGTH; length++) {
            const next = new Map<string, { world: World; ways: number }>();
            for (const { world, ways } of edge.values()) {
              for (const move of MOVES) {
                const after = move(world);
                check(world, after, owner);
                transitions++;
                sequences += ways;
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
          worlds += seen.size;
        }
      }
    }
    expect([...statuses].sort()).toEqual(Object.keys(TRANSITIONS).sort());
    // 3 quorums, 2 owners and 64 ways to put three people into two groups; ten moves at every step.
    expect({ offices, denied, worlds, transitions, sequences }).toEqual({
      offices: 384,
      denied: 158,
      worlds: 43_252,
      transitions: 448_630,
      sequences: 25_110_860,
    });
  });
});
