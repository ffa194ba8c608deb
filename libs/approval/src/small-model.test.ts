import { describe, expect, it } from 'vitest';
import { check, Oracle } from '../test/judge.js';
import { person } from '../test/office.js';
import { begin, commandsOf, isSame, keyOf, next, TIMES, type Office, type World } from '../test/world.js';
import type { Command } from './decide.js';
import type { Person } from './request.js';
import { TRANSITIONS, usesMade } from './state.js';
import type { BreakGlassRule, QuorumTerms } from './verdict.js';

// Every world that can be reached in small offices, by anything that anybody can do, in any order and any number: no length
// ends the search, it ends when there is nothing new. Worlds are one if nothing that is still to come could tell them apart.

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
    const all = (world: World) => {
      const key = `${world.directory} ${usesMade(world.decision)} ${world.decision.broke_glass?.by}`;
      const commands = known.get(key) ?? commandsOf(world, office);
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
      for (const command of all(world)) {
        const { after, refused } = next(world, command);
        check(world, command, after, refused, oracle);
        found.transitions++;
        if (!isSame(world.decision, after.decision)) reach(after);
      }
      // What is over looks at no clock and at nobody, unless somebody is still to look at it: it is tried when it ended.
      const { status, review } = world.decision;
      if (TRANSITIONS[status].length === 0 && (!review || review.closed)) continue;
      if (world.time + 1 < TIMES.length) reach({ ...world, time: world.time + 1 });
      if (world.directory + 1 < office.directories.length) reach({ ...world, directory: world.directory + 1 });
    }
    found.worlds += seen.size;
  }
  return { ...found, statuses: [...statuses].sort() };
}

const ALL = Object.keys(TRANSITIONS).sort();
const SETS = [[], ['dba'], ['finance'], ['dba', 'finance']];
const DBA: QuorumTerms = [{ group: 'dba', count: 1 }];
const TWO: QuorumTerms = [{ group: 'dba', count: 2 }];
const BOTH: QuorumTerms = [...DBA, { group: 'finance', count: 1 }];

const GLASS: BreakGlassRule = {
  ...{ rule: 'incident', text: 'on call, in an incident', groups: ['oncall'], duration_s: 600, uses: 1 },
  ...{ notify: ['security'], overrides: [], while_overdue: false, review: { groups: ['security'], within_s: 400 } },
};

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
  [
    'a glass to break, and somebody who looks at it afterwards',
    { offices: 5, worlds: 6_000, transitions: 240_000 },
    () => {
      const two = staff([
        ['oncall', 'dba'],
        ['security', 'dba'],
      ]);
      const three = staff([['oncall', 'security'], ['dba', 'security'], ['security']]);
      const linked = three.map((one, i) => (i === 1 ? one : { ...one, also: [i === 0 ? 'c' : 'a'] }));
      const bold: BreakGlassRule = { ...GLASS, uses: 2, overrides: ['deny'], while_overdue: true };
      return [
        { directories: [two, leaves(two, 0)], owner: 'sam', glass: GLASS },
        { directories: [two, leaves(two, 1)], owner: 'sam', glass: bold },
        { directories: [two], owner: 'b', glass: bold },
        { directories: [linked, three], owner: 'sam', glass: GLASS },
        { directories: [three, linked], owner: 'sam', glass: GLASS },
      ].map((office) => ({ ...office, terms: { seats: DBA } }));
    },
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
