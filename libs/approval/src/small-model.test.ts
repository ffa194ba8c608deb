import { describe, expect, it } from 'vitest';
import { AGENT, DIGEST, fold, holding, later, person, redeeming, REQUEST, terms, verdict } from '../test/office.js';
import { canFill, humans, mayAnswer, type Situation } from '../test/oracle.js';
import { decide, type Command } from './decide.js';
import { evolve } from './evolve.js';
import { quorumsOf } from './quorum.js';
import type { Person } from './request.js';
import { TRANSITIONS, usesMade, type Decision } from './state.js';
import type { Stop } from './stop.js';
import type { ApprovalTerms, QuorumTerms } from './verdict.js';

// Every world that can be reached in small offices, by anything that anybody can do, in any order and any number: no length
// ends the search, it ends when there is nothing new. Worlds are one if nothing that is still to come could tell them apart.

/** Such a grant is meant for one place and bound to one key. */
const [PLACE, KEY] = ['db.example', 'key of the agent'];
/** Seconds after the request: before half the time, at half the time, at its end, and when every grant is over. */
const TIMES = [1, 450, 900, 1350];

interface Office {
  /** The directory, and what becomes of it, step by step. */
  directories: Person[][];
  owner: string;
  terms: Partial<ApprovalTerms>;
  uses?: number;
  bound?: boolean;
}

interface World {
  decision: Decision;
  /** Which of the directories, and which of the times. */
  directory: number;
  time: number;
}

/** All that may be tried. A command that is new has to be given its place here. */
const COMMANDS: { [T in Command['type']]: (world: World, people: Person[], owner: string) => Command[] } = {
  vote: (_, people, owner) =>
    people.flatMap((voter) =>
      (['approve', 'deny'] as const).map((vote) => {
        const more = { channel: 'api', reason: 'because', grant_id: 'grt_1', earlier: people, owner };
        return { type: 'vote' as const, voter, vote, ...more };
      }),
    ),
  retract: (_, people) => people.map((voter) => ({ type: 'retract', voter, channel: 'api' })),
  redeem: ({ decision }, approvers, owner) => {
    const proof = { key: KEY, id: `p${usesMade(decision)}` };
    const right = redeeming({ approvers, owner, audience: PLACE, proof });
    const bound = [
      { audience: 'elsewhere' },
      { proof: { ...proof, key: 'key of a thief' } },
      { proof: { ...proof, id: 'p0' } },
    ];
    const strays = decision.request.holder_key ? bound : [];
    const denied = verdict({ effect: 'deny', approval: undefined });
    return [{}, { action_digest: 'another' }, { verdict: denied }, ...strays].map((one) => ({ ...right, ...one }));
  },
  remind: () => [{ type: 'remind' }],
  // A broken glass permits without a quorum, where policy says so: it is tried by itself.
  break_glass: () => [],
  close_review: () => [],
  overdue_review: () => [],
  escalate: (_, members, owner) => [{ type: 'escalate', members, destinations: [], owner }],
  withdraw: () => [{ type: 'withdraw', by: 'release-bot' }],
  revoke: (_, [by]) => [{ type: 'revoke', by: by!, reason: 'incident' }],
  stop: () => [{ type: 'stop' }],
  // Nobody gives leave here, so that nothing may ever come of it.
  draw: ({ decision }, approvers, owner) => [
    {
      type: 'draw',
      ...{ request: decision.request, decision_id: 'dec_2', action_digest: DIGEST, binding: [], approvers },
      agent: { ...AGENT, owner },
      verdict: verdict(),
    },
  ],
  expire: () => [{ type: 'expire' }],
  repeat: () => [{ type: 'repeat' }],
  report: () => [{ type: 'report', by: 'release-bot', success: true }],
};

/** All of a decision that what is still to come may depend on: not how many events there were, and not when. */
function keyOf({ decision, directory, time }: World): string {
  const { version: _, created_at, updated_at, request, agent, approval, reasons, granted_at, ...rest } = decision;
  if (!created_at || !updated_at || !request || !agent || !reasons || granted_at === '')
    throw new Error('not a decision');
  const { votes, reminded, terms: now, members } = approval!;
  const said = votes.map(({ voter, vote, groups, seat }) => [voter, vote, groups, seat]);
  return JSON.stringify([directory, time, rest, said, reminded, now.escalate?.length, members]);
}

/** Whether nothing but the number of events differs, seen without writing everything out. */
function isSame(one: Decision, other: Decision): boolean {
  const { version: _, updated_at: __, ...members } = other;
  return Object.entries(members).every(([name, value]) => value === one[name as keyof Decision]);
}

function begin({ directories, owner, terms: given, uses = 1, bound = false }: Office): Decision {
  return fold([
    holding({
      agent: { ...AGENT, owner },
      request: { ...REQUEST, principal: undefined, ...(bound ? { audience: PLACE, holder_key: KEY } : {}) },
      verdict: verdict({ approval: terms(given), grant: { expires_in_s: 600, uses } }),
      members: directories[0]!,
    }),
  ])!;
}

/** What people have said, against who they are now: the same question is asked often, and answered once. */
class Oracle {
  readonly #known = new Map<string, boolean>();

  constructor(readonly office: Office) {}

  situation(directory: number, members?: readonly string[]): Situation {
    const { directories, owner } = this.office;
    const there = members && new Set(members);
    return { people: directories[directory]!, owner, barred: ['release-bot'], excluded: [], there };
  }

  approves({ decision, directory }: World, atVote: boolean): boolean {
    const { votes, terms: now, members } = decision.approval!;
    const ids = votes.filter(({ vote }) => vote === 'approve').map(({ voter }) => voter);
    const key = JSON.stringify([directory, ids, now.alternatives?.length, atVote && members]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const said = this.office.directories[directory]!.filter(({ id }) => ids.includes(id));
    const answer = canFill(quorumsOf(now), said, this.situation(directory, atVote ? members : undefined));
    this.#known.set(key, answer);
    return answer;
  }

  denies({ decision, directory }: World): boolean {
    const { votes, terms: now, members } = decision.approval!;
    const ids = votes.filter(({ vote }) => vote === 'deny').map(({ voter }) => voter);
    const said = this.office.directories[directory]!.filter(({ id }) => ids.includes(id));
    const where = this.situation(directory, members);
    return humans(said.filter((one) => mayAnswer(one, quorumsOf(now), where))).length >= (now.deny_quorum ?? 1);
  }
}

function check(before: World, command: Command, after: World, refused: boolean, oracle: Oracle): void {
  const [was, is] = [before.decision.status, after.decision.status];
  const wrong = (what: string) => new Error(`${what}: ${command.type} at ${keyOf(before)}`);
  if (was !== is && !TRANSITIONS[was].includes(is)) throw wrong(`${was} became ${is}`);
  const same = isSame(before.decision, after.decision) || keyOf(before) === keyOf(after);
  if (refused && is !== 'EXPIRED' && !same) throw wrong('a refusal changed something');
  if (TRANSITIONS[was].length === 0 && command.type !== 'report' && !same) throw wrong(`${was} was not the end`);
  const made = usesMade(after.decision) - usesMade(before.decision);
  if (was === 'PENDING' && is === 'ALLOWED') {
    if (command.type !== 'vote' || command.vote !== 'approve') throw wrong('it was approved by silence');
    if (!oracle.approves(after, true)) throw wrong('it was approved without a quorum');
  }
  if (command.type === 'stop' && is === 'ALLOWED') throw wrong('a stop left a permission');
  if (was === 'PENDING' && is === 'DENIED' && command.type !== 'stop' && !oracle.denies(after))
    throw wrong('it was denied by too few');
  if (made === 0) return;
  const { action_digest, verdict: policy, audience, proof } = command as Extract<Command, { type: 'redeem' }>;
  if (made !== 1 || was !== 'ALLOWED') throw wrong('a use is miscounted');
  if (usesMade(after.decision) > after.decision.approval!.grant.uses) throw wrong('a grant was used too often');
  if (action_digest !== DIGEST || policy.effect === 'deny')
    throw wrong('another action ran, or one that policy denies');
  const shown = proof && 'key' in proof ? `${proof.key} ${proof.id}` : '';
  if (audience !== PLACE || shown !== `${KEY} p${usesMade(before.decision)}`) throw wrong('it ran in another hand');
  if (!oracle.approves(before, false)) throw wrong('it ran without a quorum of today');
}

function next({ decision, ...rest }: World, command: Command): { after: World; refused: boolean } {
  const at = later(TIMES[rest.time]!);
  const { events, refused } = decide(decision, command, at, command.type === 'stop' ? STOP : undefined);
  let after = decision;
  for (const { type, ...data } of events)
    after = evolve(after, { type, at, decision_id: after.id, version: after.version + 1, data })!;
  return { after: { decision: after, ...rest }, refused: refused !== undefined };
}

/** Looks at every world of these offices, and from each at everything that can be tried. */
function explore(offices: Office[]) {
  const found = { offices: offices.length, denied: 0, worlds: 0, transitions: 0 };
  const statuses = new Set<string>();
  for (const office of offices) {
    const oracle = new Oracle(office);
    const decision = begin(office);
    if (decision.status === 'DENIED') {
      found.denied++;
      continue;
    }
    const first = { decision, directory: 0, time: 0 };
    const seen = new Set([keyOf(first)]);
    const left: World[] = [first];
    const known = new Map<string, Command[]>();
    const all = (world: World, people: Person[]) => {
      const key = `${world.directory} ${usesMade(world.decision)}`;
      const commands = known.get(key) ?? Object.values(COMMANDS).flatMap((of) => of(world, people, office.owner));
      known.set(key, commands);
      return commands;
    };
    const reach = (world: World) => {
      const key = keyOf(world);
      if (!seen.has(key)) left.push(world);
      seen.add(key);
    };
    for (let world = left.pop(); world; world = left.pop()) {
      statuses.add(world.decision.status);
      const people = office.directories[world.directory]!;
      for (const command of all(world, people)) {
        const { after, refused } = next(world, command);
        check(world, command, after, refused, oracle);
        found.transitions++;
        if (!isSame(world.decision, after.decision)) reach(after);
      }
      // What is over looks at no clock and at nobody: it is tried when it ended.
      if (TRANSITIONS[world.decision.status].length === 0) continue;
      if (world.time + 1 < TIMES.length) reach({ ...world, time: world.time + 1 });
      if (world.directory + 1 < office.directories.length) reach({ ...world, directory: world.directory + 1 });
    }
    found.worlds += seen.size;
  }
  return { ...found, statuses: [...statuses].sort() };
}

const STOP: Stop = { id: 'stp_1', scope: { all: true }, by: 'olu', by_name: 'Olu', reason: 'incident', at: later(0) };
const ALL = Object.keys(TRANSITIONS).sort();
const SETS = [[], ['dba'], ['finance'], ['dba', 'finance']];
const DBA: QuorumTerms = [{ group: 'dba', count: 1 }];
const TWO: QuorumTerms = [{ group: 'dba', count: 2 }];
const BOTH: QuorumTerms = [...DBA, { group: 'finance', count: 1 }];

/** Every way to put so many people into the groups, but for who is called what. */
function staffs(count: number, from = 0): string[][][] {
  if (count === 0) return [[]];
  return SETS.slice(from).flatMap((groups, i) => staffs(count - 1, from + i).map((rest) => [groups, ...rest]));
}
const staff = (groups: string[][]) => groups.map((of, i) => person('abcd'[i]!, of));
const leaves = (people: Person[], who: number) => people.map((one, i) => (i === who ? { ...one, groups: [] } : one));

/** What a search must at least have looked at, so that it cannot come to nothing unseen. */
interface Least {
  offices: number;
  worlds: number;
  transitions: number;
}

const STUDIES: [string, Least, () => Office[]][] = [
  [
    'up to four people in two groups, or three, one of whom owns the agent, and one of whom leaves',
    { offices: 85, worlds: 18_000, transitions: 380_000 },
    () =>
      [
        ...staffs(4).map((groups) => ({ groups, seats: BOTH, owner: 'sam' })),
        ...staffs(3).map((groups) => ({ groups, seats: BOTH, owner: 'a' })),
        ...staffs(3).map((groups) => ({ groups, seats: TWO, owner: 'sam' })),
        ...staffs(2).map((groups) => ({ groups, seats: DBA, owner: 'sam' })),
      ].map(({ groups, seats, owner }) => {
        const people = staff(groups);
        const since = people.length < 4 ? [leaves(people, people.length - 1)] : [];
        return { directories: [people, ...since], owner, terms: { seats } };
      }),
  ],
  [
    'other quorums that would do, more than one who must deny, further people, and one who joins',
    { offices: 12, worlds: 7_500, transitions: 140_000 },
    () => {
      const people = staff([['dba', 'finance'], ['dba'], []]);
      const joined = people.map((one, i) => (i === 2 ? { ...one, groups: ['finance'] } : one));
      const escalate = [{ after_s: 450, seats: [{ group: 'finance', count: 2 }] }];
      return [{}, { late_members: true as const }].flatMap((late) =>
        [
          { seats: TWO, alternatives: [[{ group: 'finance', count: 2 }]] },
          { seats: BOTH, deny_quorum: 2 },
          { seats: TWO, escalate },
          { seats: TWO, escalate, deny_quorum: 2 },
          { seats: BOTH, alternatives: [TWO], reason_required: true },
          { seats: TWO, exclude: ['a'], escalate: [{ after_s: 450, seats: DBA }] },
        ].map((given) => ({ directories: [people, joined], owner: 'sam', terms: { ...given, ...late } })),
      );
    },
  ],
  [
    'two accounts of one person, a seat that was handed over, a guest, and one who is disabled',
    { offices: 8, worlds: 6_400, transitions: 140_000 },
    () => {
      const plain = staff([['dba'], ['dba', 'finance'], ['dba'], []]);
      const become = (who: number, more: Partial<Person>) =>
        plain.map((one, i) => (i === who ? { ...one, ...more } : one));
      const ways = [
        become(1, { also: ['a'] }),
        become(3, { stands_in: [{ group: 'dba', for: 'a' }] }),
        become(1, { guest: true }),
        become(2, { disabled: true }),
      ];
      // As it is from the start, and as it becomes while people vote.
      return ways.flatMap((now) =>
        [
          [now, plain],
          [plain, now],
        ].map((directories) => ({
          directories,
          owner: 'sam',
          terms: { seats: TWO, ...(now.some(({ also }) => also) ? { deny_quorum: 2 } : {}) },
        })),
      );
    },
  ],
  [
    'grants of one to three uses, for one place and in one hand',
    { offices: 6, worlds: 2_600, transitions: 50_000 },
    () =>
      [1, 2, 3].flatMap((uses) =>
        [DBA, BOTH].map((seats) => {
          const people = staff([['dba'], ['finance']]);
          return { directories: [people, leaves(people, 0)], owner: 'sam', terms: { seats }, uses, bound: true };
        }),
      ),
  ],
];

// Long, because it tries everything; longer on a machine that has other work.
describe('every order of everything, in a small office', { timeout: 300_000 }, () => {
  it.each(STUDIES)('with %s: %o, and no way to a permission without a quorum', (_, least, offices) => {
    const found = explore(offices());
    for (const [name, count] of Object.entries(least))
      expect(found[name as keyof Least], name).toBeGreaterThanOrEqual(count);
    expect(found.statuses).toEqual(ALL);
    expect(found.denied).toBeLessThan(found.offices);
  });
});
