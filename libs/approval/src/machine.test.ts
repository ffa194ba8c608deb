import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { act, AGENT, DIGEST, fold, holding, later, redeeming, REQUEST, terms, verdict } from '../test/office.js';
import { decide, type Command } from './decide.js';
import type { DecisionEvent } from './event.js';
import type { Person } from './request.js';
import type { HolderProof } from './redeem.js';
import { TRANSITIONS, type Decision } from './state.js';
import type { SeatTerms, Verdict } from './verdict.js';

// Random offices in which anything may happen in any order. What must hold is said again here, from the directory and the
// request alone, in other words than the rules use.

const IDS = ['dana', 'ben', 'ana', 'sam', 'lee', 'eve'];
const GROUPS = ['dba', 'finance'];

const people = fc.tuple(
  ...IDS.map((id) =>
    fc.record({
      id: fc.constant(id),
      name: fc.constant(id),
      groups: fc.constantFrom(GROUPS, GROUPS, ['dba'], ['finance'], []),
      guest: fc.boolean().map((yes) => yes && id === 'eve'),
      disabled: fc.constant(false),
    }),
  ),
);

const office = fc.record({
  people,
  owner: fc.constantFrom('sam', 'SAM'),
  principal: fc.constantFrom(undefined, 'lee', 'Lee'),
  act: fc.constantFrom(undefined, { sub: 'ana' }, { sub: 'x', act: { id: 'Ana' } }),
  exclude: fc.constantFrom<string[]>([], ['eve'], ['finance']),
  uses: fc.constantFrom(1, 1, 2, 3),
  audience: fc.constantFrom(undefined, undefined, 'db.example'),
  holder: fc.constantFrom(undefined, undefined, 'key of the agent'),
  alternatives: fc.constantFrom<SeatTerms[][] | undefined>(undefined, undefined, [[{ group: 'finance', count: 2 }]]),
  deny_quorum: fc.constantFrom(undefined, undefined, 2),
  late_members: fc.constantFrom(undefined, true),
  seats: fc.constantFrom<SeatTerms[]>(
    [{ group: 'dba', count: 1 }],
    [{ group: 'dba', count: 2 }],
    [
      { group: 'dba', count: 1 },
      { group: 'finance', count: 1 },
    ],
    [
      { group: 'dba', count: 1 },
      { group: 'dba', count: 1 },
    ],
    [
      { group: 'finance', count: 2 },
      { group: 'dba', count: 1 },
    ],
  ),
});
type Office = typeof office extends fc.Arbitrary<infer T> ? T : never;

const who = fc.integer({ min: 0, max: IDS.length - 1 });
const move = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant('vote' as const),
      who,
      deny: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      shout: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('redeem' as const),
      right: fc.constantFrom(true, true, true, false),
      policy: fc.constantFrom('allow', 'allow', 'allow', 'deny', 'more'),
      where: fc.constantFrom('db.example', 'db.example', 'db.example', undefined, 'elsewhere'),
      proof: fc.constantFrom('new', 'new', 'new', 'old', 'stolen', 'broken', 'none'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      who,
      groups: fc.subarray(GROUPS),
      disabled: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retract' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('own' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('report' as const, 'expire' as const, 'repeat' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('withdraw' as const, 'revoke' as const) }) },
);
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;
const script = fc.array(fc.record({ move, wait: fc.constantFrom(0, 0, 0, 0, 0.001, 1, 1, 10, 10, 300, 600, 900) }), {
  minLength: 4,
  maxLength: 18,
});

/** Who never counts, by what the request and the policy say. */
function barred({ owner, principal, act: chain, exclude }: Office, person: Person, ownerNow: string): boolean {
  const named = [
    owner,
    ownerNow,
    principal,
    chain?.sub,
    (chain as { act?: { id: string } } | undefined)?.act?.id,
    'release-bot',
  ];
  return (
    named.some((id) => id?.toLowerCase() === person.id.toLowerCase()) ||
    exclude.some((entry) => entry === person.id || person.groups.includes(entry))
  );
}

/** Whether distinct people can take every place, by trying every way. */
function canFill(seats: readonly SeatTerms[], present: readonly Person[]): boolean {
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
  return places.length > 0 && go(0, present);
}

const PROOFS: Record<string, (version: number) => HolderProof | undefined> = {
  new: (version) => ({ key: 'key of the agent', id: `proof ${version}` }),
  old: () => ({ key: 'key of the agent', id: 'the same proof every time' }),
  stolen: (version) => ({ key: 'key of a thief', id: `proof ${version}` }),
  broken: () => ({ problem: 'it is broken' }),
  none: () => undefined,
};

function policyNow(kind: string, given: Office): Verdict {
  if (kind === 'more') return verdict({ approval: terms({ seats: [...given.seats, { group: 'finance', count: 1 }] }) });
  return verdict({ effect: kind === 'deny' ? 'deny' : 'allow', approval: undefined });
}

function commandOf(
  step: Move,
  given: Office,
  directory: readonly Person[],
  decision: Decision,
  owner: string,
): Command | undefined {
  switch (step.do) {
    case 'vote': {
      const voter = directory[step.who]!;
      return {
        type: 'vote',
        voter: step.shout ? { ...voter, id: voter.id.toUpperCase() } : voter,
        vote: step.deny ? 'deny' : 'approve',
        reason: 'because',
        channel: 'api',
        grant_id: `grt_${decision.version}`,
        earlier: directory,
        owner,
      };
    }
    case 'redeem':
      return redeeming({
        grant_id: 'grant' in decision && decision.grant ? decision.grant.id : 'grt_none',
        action_digest: step.right ? DIGEST : 'another',
        approvers: directory,
        verdict: policyNow(step.policy, given),
        owner,
        audience: step.where,
        proof: PROOFS[step.proof]!(decision.version),
      });
    case 'retract':
      return { type: 'retract', voter: directory[step.who]!, channel: 'api' };
    case 'withdraw':
      return { type: 'withdraw', by: 'release-bot' };
    case 'revoke':
      return { type: 'revoke', by: directory[0]!, reason: 'incident' };
    case 'report':
      return { type: 'report', by: 'release-bot', success: true };
    case 'expire':
    case 'repeat':
      return { type: step.do };
    case 'change':
    case 'own':
      return undefined;
  }
}

/** What of the terms an office chooses. */
function termsOf({ seats, exclude, alternatives, deny_quorum, late_members }: Office) {
  return terms({ seats, exclude, ...defined({ alternatives, deny_quorum, late_members }) });
}

function defined<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Whether one of the quorums that would do can be filled. */
function canFillAny({ seats, alternatives = [] }: Office, present: readonly Person[]): boolean {
  return [seats, ...alternatives].some((quorum) => canFill(quorum, present));
}

function begin(given: Office): { event: DecisionEvent; decision: Decision } {
  const event = holding({
    request: {
      ...REQUEST,
      principal: given.principal,
      audience: given.audience,
      holder_key: given.holder,
      subject: { ...REQUEST.subject, ...(given.act ? { properties: { act: given.act } } : {}) },
    },
    agent: { ...AGENT, owner: given.owner },
    verdict: verdict({ approval: termsOf(given), grant: { expires_in_s: 600, uses: given.uses } }),
    members: given.people,
  });
  return { event, decision: fold([event])! };
}

describe('no run of the machine, whatever happens in whatever order', () => {
  it('gives a permission without a quorum of distinct people who may give it, or lets one be used too often', () => {
    const reached = new Map<string, number>();
    let mostUses = 0;
    fc.assert(
      fc.property(office, script, (given, steps) => {
        let directory: Person[] = given.people.map((one) => ({ ...one }));
        let owner: string = given.owner;
        let clock = 0;
        let redeemed = 0;
        const proofs = new Set<string>();
        let { decision } = begin(given);
        const said = new Map<string, string>();
        const eligible = () => directory.filter((one) => !one.guest && !one.disabled && !barred(given, one, owner));
        expect(decision.status).toBe(canFillAny(given, eligible()) ? 'PENDING' : 'DENIED');
        const there = new Set(eligible().map(({ id }) => id));

        for (const { move: step, wait } of steps) {
          clock += wait;
          if (step.do === 'change') {
            directory = directory.map((one, i) =>
              i === step.who ? { ...one, groups: step.groups, disabled: step.disabled } : one,
            );
          }
          if (step.do === 'own') owner = IDS[step.who]!;
          const command = commandOf(step, given, directory, decision, owner);
          if (!command) continue;
          const before = decision;
          const at = later(clock);
          const { events, refused, decision: after } = act(before, command, at);

          // A deadline first, and then nothing else.
          const deadline =
            before.status === 'PENDING'
              ? before.approval.expires_at
              : before.status === 'ALLOWED'
                ? before.grant?.expires_at
                : undefined;
          if (deadline !== undefined && at >= deadline) {
            expect(after.status).toBe('EXPIRED');
            expect(events).toHaveLength(1);
          }
          // One step at a time, along the table; terminal is terminal.
          if (after.status !== before.status) expect(TRANSITIONS[before.status]).toContain(after.status);
          if (refused && after.status !== before.status) expect(after.status).toBe('EXPIRED');
          // A vote that counts is of somebody who may vote and was there, and says something else than the one before.
          for (const event of events) {
            if (event.type === 'vote.retracted') said.delete(event.voter.toLowerCase());
            if (event.type !== 'vote.cast') continue;
            const id = event.voter.toLowerCase();
            expect(eligible().some((one) => one.id === id)).toBe(true);
            expect(given.late_members ?? there.has(id)).toBe(true);
            expect(said.get(id)).not.toBe(event.vote);
            said.set(id, event.vote);
          }
          const saying = (vote: string) => eligible().filter(({ id }) => said.get(id) === vote);
          if (after.status === 'ALLOWED' && before.status === 'PENDING') {
            expect(canFillAny(given, saying('approve'))).toBe(true);
          }
          if (after.status === 'DENIED' && before.status === 'PENDING') {
            expect(saying('deny').length).toBeGreaterThanOrEqual(given.deny_quorum ?? 1);
          }
          if (events.some(({ type }) => type === 'grant.redeemed')) {
            redeemed++;
            expect(before.status).toBe('ALLOWED');
            expect(events).toMatchObject([{ use: redeemed }]);
            expect(after.status).toBe(redeemed < given.uses ? 'ALLOWED' : 'REDEEMED');
            expect(step).toMatchObject({ do: 'redeem', right: true });
            if (given.audience) expect(step).toMatchObject({ where: given.audience });
            if (given.holder) {
              const { key, id } = (command as { proof: { key: string; id: string } }).proof;
              expect(key).toBe(given.holder);
              expect(proofs.has(id)).toBe(false);
              proofs.add(id);
            }
            expect(step).not.toMatchObject({ policy: 'deny' });
            expect(canFillAny(given, saying('approve'))).toBe(true);
            if (step.do === 'redeem' && step.policy === 'more') {
              expect(canFill([...given.seats, { group: 'finance', count: 1 }], saying('approve'))).toBe(true);
            }
          }
          decision = after;
        }
        expect(redeemed).toBeLessThanOrEqual(given.uses);
        expect(redeemed === given.uses).toBe(decision.status === 'REDEEMED');
        mostUses = Math.max(mostUses, redeemed);
        reached.set(decision.status, (reached.get(decision.status) ?? 0) + 1);
      }),
      { numRuns: 3000, seed: 20261120 },
    );
    // The runs are worth something only if they get everywhere.
    expect([...reached.keys()].sort()).toEqual(Object.keys(TRANSITIONS).sort());
    expect(Math.min(...reached.values())).toBeGreaterThan(10);
    expect(mostUses).toBeGreaterThan(1);
  });

  it('says anything else than its events do: the state is what they add up to, in one go or one by one', () => {
    fc.assert(
      fc.property(office, script, (given, steps) => {
        const begun = begin(given);
        let decision = begun.decision;
        const history: { event: DecisionEvent; at: string }[] = [{ event: begun.event, at: later(0) }];
        let clock = 0;
        for (const { move: step, wait } of steps) {
          clock += wait;
          const command = commandOf(step, given, given.people, decision, given.owner);
          if (!command) continue;
          const at = later(clock);
          const frozen = JSON.stringify(decision);
          const { events } = decide(decision, command, at);
          expect(JSON.stringify(decision)).toBe(frozen);
          history.push(...events.map((event) => ({ event, at })));
          decision = fold(events, at, decision)!;
        }
        const replayed = history.reduce<Decision | undefined>(
          (state, { event, at }) => fold([event], at, state),
          undefined,
        );
        expect(replayed).toEqual(decision);
        expect(decision.version).toBe(history.length);
        expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
      }),
      { numRuns: 1000 },
    );
  });
});
