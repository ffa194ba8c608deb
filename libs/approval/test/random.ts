import fc from 'fast-check';
import type {
  BreakGlassRule,
  Command,
  Decision,
  Escalation,
  HolderProof,
  Person,
  SeatTerms,
  SessionTerms,
  Verdict,
} from '../src/index.js';
import { AGENT, DIGEST, redeeming, terms, verdict } from './office.js';

// Random offices, and what may happen in them: everything that can be done to a decision, by anybody, with the directory
// changing under it.

export const IDS = ['dana', 'ben', 'ana', 'sam', 'lee', 'eve'];
const GROUPS = ['dba', 'finance'];
const PLACE = 'db.example';
const KEY = 'key of the agent';

const seldom = fc.integer({ min: 0, max: 11 }).map((n) => n === 0);
/** Nobody says what most are; whoever is something else is no approver. */
const roles = fc.constantFrom<Person['roles'][]>(
  ...Array<undefined>(10).fill(undefined),
  ['auditor'],
  ['approver', 'operator'],
);
const who = fc.integer({ min: 0, max: IDS.length - 1 });

const people = fc.tuple(
  ...IDS.map((id) =>
    fc.record({
      id: fc.constant(id),
      name: fc.constant(id),
      groups: fc.constantFrom(GROUPS, GROUPS, ['dba'], ['finance'], []),
      guest: seldom,
      disabled: seldom,
      roles,
    }),
  ),
);

/** Leave for a few more like it. What was asked first counts with them. */
export const SESSION: SessionTerms = {
  expires_in_s: 900,
  count: 2,
  vary: ['/action/properties/rows'],
  limits: [{ pointer: '/action/properties/rows', each: 15_000, total: 20_000 }],
};

/** Who may act alone, for how long, and who looks at it afterwards. */
const GLASS: BreakGlassRule = {
  ...{ rule: 'incident', text: 'in an incident', groups: ['dba'], duration_s: 900, uses: 1, notify: ['finance'] },
  ...{ overrides: [], while_overdue: false, review: { groups: ['finance'], within_s: 600 } },
};

const ESCALATIONS: Escalation[] = [{ after_s: 300, seats: [{ group: 'finance', count: 1 }] }];

export const office = fc.record({
  people,
  owner: fc.constantFrom('sam', 'SAM'),
  principal: fc.constantFrom(undefined, 'lee', 'Lee'),
  act: fc.constantFrom(undefined, undefined, { sub: 'ana' }, { sub: 'x', act: { id: 'Ana' } }),
  exclude: fc.constantFrom<string[]>([], [], ['eve'], ['finance']),
  uses: fc.constantFrom(1, 1, 2, 3),
  audience: fc.constantFrom(undefined, undefined, PLACE),
  holder: fc.constantFrom(undefined, undefined, KEY),
  alternatives: fc.constantFrom<SeatTerms[][] | undefined>(undefined, undefined, [[{ group: 'finance', count: 2 }]]),
  escalate: fc.constantFrom(undefined, undefined, ESCALATIONS),
  deny_quorum: fc.constantFrom(undefined, undefined, 2),
  late_members: fc.constantFrom(undefined, true),
  session: fc.constantFrom(undefined, undefined, SESSION),
  reason_required: seldom,
  step_up: seldom,
  channels: fc.constantFrom<string[]>([], [], [], ['slack']),
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
export type Office = (typeof office extends fc.Arbitrary<infer T> ? T : never) & { glass?: BreakGlassRule };

/** What of the terms an office chooses. */
export function termsOf({
  seats,
  exclude,
  alternatives,
  escalate,
  deny_quorum,
  late_members,
  session,
  ...more
}: Office) {
  const given = Object.entries({ alternatives, escalate, deny_quorum, late_members, session }).filter(
    ([, value]) => value,
  );
  const { reason_required, step_up, channels } = more;
  return terms({ seats, exclude, reason_required, step_up, channels, ...Object.fromEntries(given) });
}

const often = (yes: number) => fc.integer({ min: 0, max: 9 }).map((n) => n < yes);
const command = fc.record({
  who,
  deny: often(1),
  shout: often(1),
  silent: often(1),
  elsewhere: often(1),
  right: often(8),
  policy: fc.constantFrom('allow', 'allow', 'allow', 'deny', 'more', 'fewer'),
  where: fc.constantFrom(PLACE, PLACE, PLACE, undefined, 'elsewhere'),
  proof: fc.constantFrom('new', 'new', 'new', 'old', 'stolen', 'broken', 'none'),
  success: often(7),
  use: fc.constantFrom(undefined, undefined, 1, 2, 3),
});
export type Choice = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** How often each command is tried. A new command has to be given its place here. */
const WEIGHTS: Record<Command['type'], number> = {
  vote: 18,
  redeem: 10,
  retract: 2,
  remind: 2,
  escalate: 2,
  report: 2,
  expire: 1,
  repeat: 1,
  withdraw: 2,
  revoke: 2,
  stop: 1,
  draw: 8,
  // A broken glass is seldom worth what it takes from the rest: it has runs of its own.
  break_glass: 0,
  close_review: 0,
  overdue_review: 0,
};

/** What changes in the directory, or whose the agent is. */
const change = fc.oneof(
  fc.record({
    do: fc.constant('move' as const),
    who,
    groups: fc.subarray(GROUPS),
    guest: seldom,
    disabled: seldom,
    roles,
  }),
  fc.record({ do: fc.constant('own' as const), who }),
  fc.record({ do: fc.constant('halt' as const), on: seldom }),
  fc.record({ do: fc.constant('link' as const), pair: fc.constantFrom(0, 2, 4), back: fc.boolean() }),
  fc.record({ do: fc.constant('hand' as const), who, whose: who, group: fc.constantFrom(...GROUPS) }),
);
export type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const scriptOf = (weights: Record<Command['type'], number>) =>
  fc.array(
    fc.record({
      step: fc.oneof(
        ...Object.entries(weights).map(([type, weight]) => ({
          weight,
          arbitrary: fc.record({ do: fc.constant(type as Command['type']), choice: command }),
        })),
        { weight: 6, arbitrary: change },
      ),
      wait: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0.001, 1, 10, 150, 300, 600, 900),
    }),
    { minLength: 4, maxLength: 20 },
  );
export const script = scriptOf(WEIGHTS);

/** What happens around a broken glass, which is seldom otherwise. */
export const incident = scriptOf({
  ...WEIGHTS,
  vote: 4,
  draw: 1,
  break_glass: 12,
  close_review: 12,
  overdue_review: 3,
});
/** An office in which somebody may act alone. */
export const onCall: fc.Arbitrary<Office> = fc
  .tuple(
    office,
    fc.constantFrom(GLASS, { ...GLASS, uses: 2, while_overdue: true }, { ...GLASS, overrides: ['deny' as const] }),
  )
  .map(([given, glass]) => ({ ...given, glass }));

/** The directory after a change. */
export function changed(people: readonly Person[], given: Change): Person[] {
  return people.map((one, i) => {
    if (given.do === 'move' && i === given.who) {
      const { groups, guest, disabled, roles } = given;
      return { ...one, groups, guest, disabled, roles };
    }
    // Two accounts turn out to be one person's; one of the two may be all that says so.
    if (given.do === 'link' && (i === given.pair || (given.back && i === given.pair + 1)))
      return { ...one, also: [IDS[i === given.pair ? i + 1 : given.pair]!] };
    if (given.do === 'hand' && i === given.who && given.who !== given.whose)
      return { ...one, stands_in: [{ group: given.group, for: IDS[given.whose]! }] };
    return one;
  });
}

const PROOFS: Record<string, (version: number) => HolderProof | undefined> = {
  new: (version) => ({ key: KEY, id: `proof ${version}` }),
  old: () => ({ key: KEY, id: 'the same proof every time' }),
  stolen: (version) => ({ key: 'key of a thief', id: `proof ${version}` }),
  broken: () => ({ problem: 'it is broken' }),
  none: () => undefined,
};

/** What policy wants besides when it wants more. */
export const MORE: SeatTerms = { group: 'finance', count: 1 };

function policyNow(kind: string, { seats, glass }: Office): Verdict {
  const broken = glass ? { break_glass: { rules: [glass], guarded: false } } : {};
  if (kind === 'more') return verdict({ approval: terms({ seats: [...seats, MORE] }), ...broken });
  const grant = kind === 'fewer' ? { grant: { expires_in_s: 600, uses: 1 } } : {};
  return verdict({ effect: kind === 'deny' ? 'deny' : 'allow', approval: undefined, ...grant, ...broken });
}

/** What policy says to somebody who wants to break the glass: mostly that people are to approve it. */
function brokenNow(kind: string, given: Office): Verdict {
  const rules = given.glass ? [given.glass] : [];
  if (kind === 'fewer') return verdict({ effect: 'deny', approval: undefined, break_glass: { rules, guarded: true } });
  if (kind === 'more') return { ...policyNow('allow', given), break_glass: { rules, guarded: false } };
  if (kind === 'deny') return { ...policyNow('deny', given), break_glass: { rules, guarded: false } };
  return verdict({ approval: termsOf(given), break_glass: { rules, guarded: false } });
}

/** What policy says to an action that leave may have been given for. */
function drawnNow(kind: string, given: Office): Verdict {
  const wanted = termsOf(kind === 'fewer' ? { ...given, session: undefined } : given);
  const seats = kind === 'more' ? [...wanted.seats, MORE] : wanted.seats;
  return verdict({ approval: { ...wanted, seats, ...(kind === 'more' ? { alternatives: [] } : {}) } });
}

/** The command that is tried, as it comes from the world as it is now. */
export function commandOf(
  type: Command['type'],
  choice: Choice,
  world: { office: Office; people: readonly Person[]; decision: Decision; owner: string },
): Command {
  const { people: members, decision, owner } = world;
  const voter = members[choice.who]!;
  const channel = choice.elsewhere || !world.office.channels.includes('slack') ? 'api' : 'slack';
  const commands: { [T in Command['type']]: () => Extract<Command, { type: T }> } = {
    vote: () => ({
      type: 'vote',
      voter: choice.shout ? { ...voter, id: voter.id.toUpperCase() } : voter,
      vote: choice.deny ? 'deny' : 'approve',
      reason: choice.silent ? ' ' : 'because',
      channel,
      grant_id: `grt_${decision.version}`,
      seen_digest: choice.right || choice.silent ? decision.action_digest : 'another',
      stepped_up: !choice.elsewhere,
      ...(choice.success && world.office.session ? { session: {} } : {}),
      earlier: members,
      owner,
    }),
    redeem: () =>
      redeeming({
        grant_id: 'grant' in decision && decision.grant ? decision.grant.id : 'grt_none',
        action_digest: choice.right ? DIGEST : 'another',
        approvers: members,
        verdict: policyNow(choice.policy, world.office),
        owner,
        audience: choice.where,
        proof: PROOFS[choice.proof]!(decision.version),
        ...(decision.broke_glass ? { breaker: members.find(({ id }) => id === decision.broke_glass!.by)! } : {}),
      }),
    retract: () => ({ type: 'retract', voter, channel }),
    remind: () => ({ type: 'remind' }),
    escalate: () => ({ type: 'escalate', members, destinations: [], owner }),
    report: () => ({
      type: 'report',
      by: 'release-bot',
      success: choice.success,
      ...(choice.use === undefined ? {} : { use: choice.use }),
    }),
    draw: () => ({
      type: 'draw',
      request: {
        ...decision.request,
        action: { ...decision.request.action, properties: { rows: choice.right ? 1_000 * (choice.who + 1) : 16_000 } },
      },
      decision_id: `dec_${decision.version}`,
      action_digest: 'another',
      agent: { ...AGENT, owner },
      verdict: drawnNow(choice.policy, world.office),
      binding: [],
      approvers: members,
    }),
    stop: () => ({ type: 'stop' }),
    break_glass: () => ({
      ...{ type: 'break_glass', by: voter, reason: choice.silent ? ' ' : 'incident', grant_id: 'grt_broken' },
      ...{ verdict: brokenNow(choice.policy, world.office), overdue: choice.elsewhere },
      ...{ reviewers: members, destinations: [], owner },
    }),
    close_review: () => ({
      type: 'close_review',
      by: voter,
      finding: 'justified',
      comment: choice.silent ? '' : 'seen',
      owner,
    }),
    overdue_review: () => ({ type: 'overdue_review' }),
    expire: () => ({ type: 'expire' }),
    repeat: () => ({ type: 'repeat' }),
    withdraw: () => ({ type: 'withdraw', by: 'release-bot' }),
    revoke: () => ({ type: 'revoke', by: voter, reason: choice.silent ? '' : 'incident' }),
  };
  return commands[type]();
}
