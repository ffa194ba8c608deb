import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { act, AGENT, fold, holding, later, REQUEST, verdict } from '../test/office.js';
import { canFill, humans, mayAnswer, type Situation } from '../test/oracle.js';
import {
  changed,
  commandOf,
  IDS,
  incident,
  MORE,
  office,
  onCall,
  script,
  SESSION,
  termsOf,
  type Change,
  type Choice,
  type Office,
} from '../test/random.js';
import type { Command } from './decide.js';
import type { DecisionEvent } from './event.js';
import type { Person } from './request.js';
import { noVoteBecause } from './sight.js';
import { TRANSITIONS, type Decision, type Status } from './state.js';
import type { Stop } from './stop.js';
import type { QuorumTerms } from './verdict.js';

// Random offices in which anything may happen in any order. What must hold is said again here and in the oracle, from the
// directory and the request alone, in other words than the rules use.

/** The world outside of the machine, kept by hand. */
interface World {
  office: Office;
  people: Person[];
  owner: string;
  clock: number;
  decision: Decision;
  /** What each id has said and not taken back. */
  said: Map<string, string>;
  quorums: QuorumTerms[];
  /** Escalations that have not been taken. */
  later: NonNullable<ReturnType<typeof termsOf>['escalate']>;
  there: Set<string>;
  uses: number;
  /** The stop that is in force. */
  stop?: Stop | undefined;
  proofs: Set<string>;
  /** Whoever broke the glass with all ids of then, and whether somebody has looked at it. */
  broken?: { ids: string[]; overrode: boolean; reviewed: boolean };
  /** Those whose approval was meant for further actions, too, and what those come to. */
  gave: Set<string>;
  drawn: number[];
}

function situation({ office: given, people, owner, there }: World, atVote = true): Situation {
  const { act: chain, principal, exclude, late_members } = given;
  const inner = (chain as { act?: { id: string } } | undefined)?.act?.id;
  const barred = [given.owner, principal, chain?.sub, inner, 'release-bot'];
  return { people, owner, barred, excluded: exclude, there: atVote && !late_members ? there : undefined };
}

const saying = ({ people, said }: World, what: string) => people.filter(({ id }) => said.get(id) === what);
/** Where every vote is of one account with one seat, under the very id that the directory knows. */
const isPlain = ({ people, decision }: World) =>
  !people.some(({ also, stands_in }) => also ?? stands_in) &&
  decision.approval!.votes.every(({ voter }) => IDS.includes(voter));

function begin(given: Office): { world: World; event: DecisionEvent } {
  const event = holding({
    request: {
      ...REQUEST,
      context: { session_id: 'run-77' },
      principal: given.principal,
      audience: given.audience,
      holder_key: given.holder,
      subject: { ...REQUEST.subject, ...(given.act ? { properties: { act: given.act } } : {}) },
    },
    agent: { ...AGENT, owner: given.owner },
    verdict: verdict({ approval: termsOf(given), grant: { expires_in_s: 600, uses: given.uses } }),
    members: given.people,
  });
  const world: World = {
    ...{ office: given, people: [...given.people], owner: given.owner, clock: 0, decision: fold([event])! },
    ...{ said: new Map<string, string>(), there: new Set<string>(), uses: 0, proofs: new Set<string>() },
    ...{ gave: new Set<string>(), drawn: [] as number[] },
    ...{ quorums: [given.seats, ...(given.alternatives ?? [])], later: [...(given.escalate ?? [])] },
  };
  // Too few are left: those who would be asked later are asked now, and if they are too few as well, it is denied.
  const now = { ...situation(world), there: undefined };
  while (!canFill(world.quorums, world.people, now) && world.later[0]) world.quorums.push(world.later.shift()!.seats);
  const asked = canFill(world.quorums, world.people, now);
  must(world.decision.status === (asked ? 'PENDING' : 'DENIED'), `${asked ? 'enough' : 'too few'} may answer`);
  for (const one of world.people) if (mayAnswer(one, world.quorums, now)) world.there.add(one.id);
  return { world, event };
}

/** All of a decision that a refusal must leave as it is. */
function substance({ version: _, updated_at: __, ...rest }: Decision): string {
  return JSON.stringify(rest);
}

/** Runs random scripts in random offices, and answers where they got. */
function explore(offices: fc.Arbitrary<Office>, scripts: typeof script, numRuns: number) {
  const reached = new Map<Status, number>();
  const codes = new Set<string>();
  const most = { uses: 0, drawn: 0 };
  let [broken, reviewed] = [0, 0];
  fc.assert(
    fc.property(offices, scripts, (given, steps) => {
      const { world, event } = begin(given);
      const history = [{ event, at: later(0) }];
      for (const { step, wait } of steps) {
        world.clock += wait;
        if (!('choice' in step)) {
          change(world, step);
          continue;
        }
        const command = commandOf(step.do, step.choice, world);
        const { events, refused } = attempt(world, command, step.choice);
        if (refused) codes.add(refused);
        history.push(...events.map((one) => ({ event: one, at: later(world.clock) })));
      }
      // The state is what the events add up to, in one go or one by one, and all of it can be kept as JSON.
      const replayed = history.reduce<Decision | undefined>((now, one) => fold([one.event], one.at, now), undefined);
      must(isDeepStrictEqual(replayed, world.decision), 'the events say something else than the state');
      must(world.decision.version === history.length, 'an event was not counted');
      must(isDeepStrictEqual(JSON.parse(JSON.stringify(replayed)), replayed), 'a state cannot be kept');
      must((world.uses === usesOf(world)) === (world.decision.status === 'REDEEMED'), 'the last use is not the end');
      most.uses = Math.max(most.uses, world.uses);
      most.drawn = Math.max(most.drawn, world.drawn.length);
      if (world.broken) broken++;
      if (world.broken?.reviewed) reviewed++;
      reached.set(world.decision.status, (reached.get(world.decision.status) ?? 0) + 1);
    }),
    { numRuns, seed: 20261121 },
  );
  return { reached, codes, most, broken, reviewed };
}

describe('no run of the machine, whatever happens in whatever order', { timeout: 180_000 }, () => {
  it('gives a permission without a quorum of distinct people who may give it, or lets one be used too often', () => {
    const { reached, codes, most } = explore(office, script, 3000);
    // The runs are worth something only if they get everywhere.
    expect([...reached.keys()].sort()).toEqual(Object.keys(TRANSITIONS).sort());
    expect(Math.min(...reached.values())).toBeGreaterThan(5);
    expect(most.uses).toBeGreaterThan(1);
    expect(most.drawn).toBe(SESSION.count);
    expect(CODES.filter((code) => !codes.has(code))).toEqual([]);
  });

  it('breaks the glass against a guardrail, a stop or without the right, or has it reviewed by who had a part in it', () => {
    const { reached, codes, broken, reviewed } = explore(onCall, incident, 1500);
    expect(broken).toBeGreaterThan(100);
    expect(reviewed).toBeGreaterThan(20);
    expect([...reached.keys()].sort()).toEqual(Object.keys(TRANSITIONS).sort());
    expect(BROKEN_CODES.filter((code) => !codes.has(code))).toEqual([]);
  });
});

/** What the runs are refused for, among others. */
const CODES = [
  ...['self-approval', 'excluded', 'not-asked', 'guest', 'disabled', 'joined-later', 'already-voted', 'no-vote'],
  ...['wrong-channel', 'step-up-required', 'already-decided', 'expired', 'changed', 'reason-required', 'no-grant'],
  ...[
    'role-required',
    'stopped',
    'action-differs',
    'grant-expired',
    'grant-used',
    'grant-revoked',
    'wrong-audience',
    'proof-required',
  ],
  ...[
    'no-session',
    'session-over',
    'session-limit',
    'proof-invalid',
    'wrong-key',
    'approver-gone',
    'policy-denies',
    'not-acted',
  ],
];
const BROKEN_CODES = [
  ...['break-glass-denied', 'guardrail', 'not-needed', 'review-overdue', 'nobody-reviews', 'reason-required'],
  ...['policy-denies', 'stopped', 'already-decided', 'approver-gone', 'no-review', 'review-closed', 'not-reviewer'],
];

const STOP: Stop = { id: 'stp_1', scope: { all: true }, by: 'olu', by_name: 'Olu', reason: 'incident', at: later(0) };

function change(world: World, given: Change): void {
  if (given.do === 'halt') world.stop = given.on ? STOP : undefined;
  else if (given.do === 'own') world.owner = IDS[given.who]!;
  else world.people = changed(world.people, given);
}

/** As `expect`, and much faster: it is asked at every step of thousands of runs. */
function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** One command, and everything that must hold about what comes of it. */
function attempt(world: World, command: Command, choice: Choice) {
  const { decision: before, office: given } = world;
  const at = later(world.clock);
  const frozen = JSON.stringify(before);
  if (command.type === 'vote') offered(world, command.voter);
  const { events, refused, decision: after } = act(before, command, at, world.stop);
  must(JSON.stringify(before) === frozen, 'a state was changed in place');
  world.decision = after;

  // Who tried to break the glass and may not is on the record, whatever else comes of it.
  const tried = events.some(({ type }) => type === 'break_glass.refused');
  must(tried === (command.type === 'break_glass' && refused !== undefined), 'an attempt is not told as it was');

  // Under a stop nothing is permitted or used, and it ends what it finds.
  const stopped = events.some((event) => 'stop' in event && event.stop !== undefined);
  if (world.stop) {
    must(after.status !== 'ALLOWED' || before.status === 'ALLOWED', 'a permission was given under a stop');
    must(!events.some(({ type }) => type === 'grant.redeemed'), 'a permission was used under a stop');
    must(command.type !== 'draw' || events.length === 0, 'leave was used under a stop');
  } else must(!stopped, 'there was no stop');
  if (stopped) {
    const leaveOnly =
      events.every(({ type }) => type === 'session.ended' || type.endsWith('.refused')) &&
      after.status === before.status;
    must(leaveOnly || ['DENIED', 'REVOKED'].includes(after.status), `a stop made it ${after.status}`);
    return { events, refused: refused?.code };
  }

  if (command.type === 'draw') {
    for (const event of events) drew(world, before, event, choice);
    return { events, refused: refused?.code };
  }

  if (command.type === 'close_review' || command.type === 'overdue_review') {
    looked(world, before, events, command);
    return { events, refused: refused?.code };
  }

  // A deadline first, and then nothing else.
  const grant = before.status === 'ALLOWED' ? before.grant : undefined;
  const deadline = before.status === 'PENDING' ? before.approval.expires_at : grant?.expires_at;
  if (deadline !== undefined && at >= deadline) {
    const ends = events.filter(({ type }) => type !== 'session.expired');
    // Who came too late to vote is named, and changes nothing.
    const named = tried || (before.status === 'PENDING' && command.type === 'vote') ? 2 : 1;
    must(after.status === 'EXPIRED' && ends.length === named, 'something was faster than a deadline that had passed');
    return { events, refused: refused?.code };
  }
  // One step at a time, along the table; terminal is terminal; what is refused changes nothing.
  const ways = TRANSITIONS[before.status];
  must(after.status === before.status || ways.includes(after.status), `${before.status} became ${after.status}`);
  must(!refused || substance(after) === substance(before), 'a refusal changed something');
  if (ways.length === 0) {
    const { outcome, reported } = before;
    // Leave that came with it has an end of its own.
    const past = { outcome, reported, session: undefined };
    const same = substance({ ...after, ...past }) === substance({ ...before, ...past });
    must(same, `${before.status} was not the end`);
    must(command.type === 'report' || after.outcome === outcome, 'an outcome nobody reported');
  }
  for (const event of events) note(world, event, choice);
  if (events.some(({ type }) => type === 'decision.broke_glass')) broke(world, before, command, choice);
  else if (after.status === 'ALLOWED' && before.status === 'PENDING') {
    // Silence never approves anything, and nobody but a quorum does.
    must(command.type === 'vote' && command.vote === 'approve', `${command.type} approved it`);
    must(canFill(world.quorums, saying(world, 'approve'), situation(world)), 'it was approved without a quorum');
  }
  const last = events.at(-1);
  if (last?.type === 'vote.cast' && last.vote === 'approve' && isPlain(world)) {
    // Nobody stands in the way of a quorum that is there.
    must(!canFill(world.quorums, saying(world, 'approve'), situation(world)), 'a quorum was overlooked');
  }
  if (after.status === 'DENIED' && before.status === 'PENDING') {
    const denying = saying(world, 'deny').filter((one) => mayAnswer(one, world.quorums, situation(world)));
    must(humans(denying).length >= (given.deny_quorum ?? 1), 'it was denied by too few');
  }
  if (events.some(({ type }) => type === 'grant.redeemed')) redeemed(world, before, events, command, choice);
  return { events, refused: refused?.code };
}

/** What a person is offered is what is taken of them: a vote that is right in every form is refused to nobody who was offered it. */
function offered({ decision, office: given, people, owner, clock, stop }: World, voter: Person): void {
  const [at, now] = [later(clock), { earlier: people, owner }];
  const channel = given.channels[0] ?? 'api';
  const form = { channel, reason: 'because', grant_id: 'grt_1', stepped_up: true, seen_digest: decision.action_digest };
  const taken = (['approve', 'deny'] as const).every(
    (vote) => act(decision, { type: 'vote', voter, vote, ...form, ...now }, at, stop).refused === undefined,
  );
  must(
    (noVoteBecause(decision, voter, { at, stop, ...now }) === '') === taken,
    `${voter.id} is offered what is not taken`,
  );
}

/** Keeps account of what was said, and of who was asked. */
function note(world: World, event: DecisionEvent, choice: Choice): void {
  const { office: given, people, said } = world;
  if (event.type === 'vote.retracted') said.delete(event.voter.toLowerCase());
  if (event.type === 'approval.escalated') {
    const next = world.later.shift()!;
    must(JSON.stringify(event.seats) === JSON.stringify(next.seats), 'others were asked than policy says');
    must(world.clock >= next.after_s, 'others were asked too early');
    world.quorums.push(next.seats);
    const now = { ...situation(world), there: undefined };
    for (const one of people) if (mayAnswer(one, [next.seats], now)) world.there.add(one.id);
  }
  if (event.type === 'decision.approved' && event.session)
    must(
      event.approvers.every(({ id }) => world.gave.has(id)),
      'somebody meant this action only',
    );
  if (event.type !== 'vote.cast') return;
  if (event.session) world.gave.add(event.voter);
  else world.gave.delete(event.voter);
  // A vote that counts is of somebody who may vote, where and how policy wants it, and says something new.
  const id = event.voter.toLowerCase();
  const voter = people.find((one) => one.id === id)!;
  must(mayAnswer(voter, world.quorums, situation(world)), `the vote of ${id} counts`);
  must(said.get(id) !== event.vote, 'one person said the same twice');
  const { channels, reason_required, step_up } = given;
  must(channels.length === 0 || channels.includes(event.channel), 'a vote came from where none is taken');
  must(!choice.silent || (event.vote === 'approve' && !reason_required), 'a reason was missing');
  must(!choice.elsewhere || !step_up || event.vote === 'deny', 'a fresh sign-in was missing');
  must(choice.right || choice.silent, 'what was seen is not what is asked');
  said.set(id, event.vote);
}

/** A further action: by leave that stands, of people who could give it today, within all that policy and they said. */
function drew(world: World, before: Decision, event: DecisionEvent, choice: Choice): void {
  must(event.type === 'session.drawn', `${event.type} came of leave`);
  must(['ALLOWED', 'REDEEMED', 'EXPIRED'].includes(before.status), `${before.status} gave leave`);
  must(world.office.session !== undefined && choice.policy !== 'fewer', 'policy gives no leave');
  must(later(world.clock) < before.session!.expires_at && !before.session!.ended, 'the leave was over');
  world.drawn.push(event.amounts![0]!.amount);
  must(event.use === world.drawn.length && event.use <= SESSION.count, 'leave was used too often');
  const sum = world.drawn.reduce((total, amount) => total + amount, Number(REQUEST.action.properties!['rows']));
  must(sum <= 20_000 && choice.right, 'more was let through than was said');
  const wanted = choice.policy === 'more' ? [world.quorums, [[...world.office.seats, MORE]]] : [world.quorums];
  for (const one of wanted)
    must(canFill(one, saying(world, 'approve'), situation(world, false)), 'leave was used without a quorum of today');
}

/** How often the grant works that there is, or would be. */
function usesOf({ office: { uses, glass }, broken }: World): number {
  return broken ? glass!.uses : uses;
}

/** Whether a person may act alone: a member of the group that policy names, whom nobody has shut out. */
function mayBreak({ office: { glass }, people }: World, id: string): boolean {
  const person = people.find((one) => one.id === id);
  return (
    glass !== undefined &&
    person !== undefined &&
    !person.guest &&
    !person.disabled &&
    person.groups.some((group) => glass.groups.includes(group))
  );
}

/** Whether a person may look at it afterwards: of the group for it, and no part of it with any account. */
function mayReview(world: World, person: Person, ids: readonly string[]): boolean {
  const { barred, ...now } = situation(world, false);
  const quorum = world.office.glass!.review.groups.map((group) => ({ group, count: 1 }));
  return mayAnswer(person, [quorum], { ...now, barred: [...barred, ...ids], excluded: [] });
}

/** A broken glass: by somebody who may, with a reason, not against a guardrail, and with somebody left to look at it. */
function broke(world: World, before: Decision, command: Command, choice: Choice): void {
  const { by } = command as Extract<Command, { type: 'break_glass' }>;
  const { glass } = world.office;
  const ids = [by.id, ...(by.also ?? [])];
  must(before.status === 'PENDING', `the glass was broken on what was ${before.status}`);
  must(world.stop === undefined, 'the glass was broken against a stop');
  must(choice.policy !== 'fewer', 'the glass was broken against a guardrail');
  must(choice.policy !== 'more', 'the glass was broken for what policy allows');
  must(choice.policy !== 'deny' || glass!.overrides.includes('deny'), 'the glass was broken against a denial');
  must(mayBreak(world, by.id), 'the glass was broken by somebody who may not');
  must(!choice.silent, 'the glass was broken without a reason');
  must(!choice.elsewhere || glass!.while_overdue, 'the glass was broken while a review is overdue');
  must(
    world.people.some((one) => mayReview(world, one, ids)),
    'the glass was broken and nobody can look at it',
  );
  world.broken = { ids, overrode: choice.policy === 'deny', reviewed: false };
}

/** What is said of a broken glass afterwards changes nothing but that, whatever has become of the permission. */
function looked(world: World, before: Decision, events: DecisionEvent[], command: Command): void {
  const [was, is] = [before, world.decision].map((one) => substance({ ...one, review: undefined }));
  must(was === is, 'a review changed the decision');
  const [event] = events;
  if (!event) return;
  must(events.length === 1 && world.broken !== undefined && !world.broken.reviewed, 'nothing was to be looked at');
  if (event.type === 'review.overdue') {
    must(later(world.clock) >= before.review!.due_at && !before.review!.overdue, 'a review was overdue too early');
    return;
  }
  must(event.type === 'review.closed', `${event.type} came of a review`);
  const { by, comment } = command as Extract<Command, { type: 'close_review' }>;
  must(comment !== '' && mayReview(world, by, world.broken.ids), `${by.id} closed the review`);
  world.broken.reviewed = true;
}

function redeemed(world: World, before: Decision, events: DecisionEvent[], command: Command, choice: Choice): void {
  const { office: given, quorums } = world;
  world.uses++;
  must(before.status === 'ALLOWED', `${before.status} was redeemed`);
  const [event] = events;
  must(events.length === 1 && event?.type === 'grant.redeemed' && event.use === world.uses, 'a use is miscounted');
  must(world.uses <= usesOf(world), 'a grant was used too often');
  must(
    world.decision.status === (world.uses < usesOf(world) ? 'ALLOWED' : 'REDEEMED'),
    'a grant ended at the wrong use',
  );
  must(choice.right, 'another action ran');
  must(given.audience === undefined || choice.where === given.audience, 'it ran elsewhere');
  must(choice.policy !== 'deny' || world.broken?.overrode === true, 'it ran against policy');
  if (given.holder) {
    const { key, id } = (command as { proof: { key: string; id: string } }).proof;
    must(key === given.holder, 'it ran in the hand of a thief');
    must(!world.proofs.has(id), 'a proof was taken twice');
    world.proofs.add(id);
  }
  if (world.broken) {
    const alone = choice.policy === 'allow' || choice.policy === 'fewer' || mayBreak(world, world.broken.ids[0]!);
    must(alone, 'it ran although whoever broke the glass may no longer');
    return;
  }
  must(choice.policy !== 'fewer' || world.uses === 1, 'it ran more often than policy allows now');
  // Those who approved may still approve it, for what was wanted then and for what is wanted now.
  const now = situation(world, false);
  const wanted = choice.policy === 'more' ? [quorums, [[...given.seats, MORE]]] : [quorums];
  for (const one of wanted) must(canFill(one, saying(world, 'approve'), now), 'it ran without a quorum of today');
}
