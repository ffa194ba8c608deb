import { quorumsOf, TRANSITIONS, usesMade, type Command, type Person } from '../src/index.js';
import { DIGEST, later } from './office.js';
import { canFill, humans, mayAnswer, type Situation } from './oracle.js';
import { isSame, KEY, keyOf, PLACE, TIMES, type Office, type World } from './world.js';

/** What people have said, against who they are now: the same question is asked often, and answered once. */
export class Oracle {
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

  /** Whether the rule of the office lets this person break the glass today. */
  mayBreak(directory: number, id: string): boolean {
    const { directories, glass } = this.office;
    const one = directories[directory]!.find((person) => person.id === id);
    if (!one || one.guest || one.disabled) return false;
    return one.groups.some((group) => glass!.groups.includes(group));
  }

  /** Those who may look at what this person did: of the group for it, and with no part in it. */
  reviewers(directory: number, { id, also = [] }: Pick<Person, 'id' | 'also'>): string[] {
    const { barred, ...rest } = this.situation(directory);
    const quorum = this.office.glass!.review.groups.map((group) => ({ group, count: 1 }));
    const where = { ...rest, barred: [...barred, id, ...also] };
    return rest.people.filter((one) => mayAnswer(one, [quorum], where)).map((one) => one.id);
  }
}

type Of<T extends Command['type']> = Extract<Command, { type: T }>;

/** Throws what is wrong with a step, if anything is. */
export function check(before: World, command: Command, after: World, refused: boolean, oracle: Oracle): void {
  const [was, is] = [before.decision.status, after.decision.status];
  const wrong = (what: string) => new Error(`${what}: ${command.type} at ${keyOf(before)}`);
  if (was !== is && !TRANSITIONS[was].includes(is)) throw wrong(`${was} became ${is}`);
  const same = isSame(before.decision, after.decision) || keyOf(before) === keyOf(after);
  if (refused && is !== 'EXPIRED' && !same) throw wrong('a refusal changed something');
  if (TRANSITIONS[was].length === 0 && !SAID_AFTERWARDS.has(command.type) && !same)
    throw wrong(`${was} was not the end`);
  if (was === 'PENDING' && is === 'ALLOWED') {
    const problem = command.type === 'break_glass' ? broken(command, after, oracle) : approved(command, after, oracle);
    if (problem) throw wrong(problem);
  }
  if (command.type === 'stop' && is === 'ALLOWED') throw wrong('a stop left a permission');
  if (was === 'PENDING' && is === 'DENIED' && command.type !== 'stop' && !oracle.denies(after))
    throw wrong('it was denied by too few');
  const problem = reviewed(before, command, after, oracle) ?? used(before, command as Of<'redeem'>, after, oracle);
  if (problem) throw wrong(problem);
}

/** What is told of a decision when it has come to its end. */
const SAID_AFTERWARDS = new Set<Command['type']>(['report', 'close_review', 'overdue_review']);

function approved(command: Command, after: World, oracle: Oracle): string | undefined {
  if (command.type !== 'vote' || command.vote !== 'approve') return 'it was approved by silence';
  return oracle.approves(after, true) ? undefined : 'it was approved without a quorum';
}

/** One person alone: who may, with a reason, against no guardrail, and with somebody left to look at it. */
function broken(command: Of<'break_glass'>, { directory, decision }: World, oracle: Oracle): string | undefined {
  const { by, reason, overdue, verdict: policy } = command;
  const { overrides, while_overdue } = oracle.office.glass!;
  if (!oracle.mayBreak(directory, by.id)) return 'the glass was broken by somebody who may not';
  if (reason.trim() === '') return 'the glass was broken without a reason';
  if (overdue && !while_overdue) return 'the glass was broken while a review is overdue';
  if (policy.break_glass!.guarded) return 'the glass was broken against a guardrail';
  if (policy.effect === 'allow') return 'the glass was broken for what policy allows';
  if (policy.effect === 'deny' && !overrides.includes('deny')) return 'the glass was broken against a denial';
  if (oracle.reviewers(directory, by).length === 0) return 'the glass was broken and nobody can look at it';
  const kept = decision.review!.excluded.map(({ id }) => id);
  return [by.id, ...(by.also ?? [])].every((id) => kept.includes(id))
    ? undefined
    : 'an account of theirs may review it';
}

/** A review is closed once, by somebody who had no part in it and says something, and changes nothing else. */
function reviewed(before: World, command: Command, after: World, oracle: Oracle): string | undefined {
  const [was, is] = [before.decision.review, after.decision.review];
  if (was === undefined || is === undefined || JSON.stringify(was) === JSON.stringify(is))
    return was && !is ? 'a review was lost' : undefined;
  if (before.decision.status !== after.decision.status) return 'a review changed the decision';
  if (was.closed) return 'a review was closed twice';
  if (command.type === 'overdue_review')
    return later(TIMES[before.time]!) >= was.due_at && !was.overdue ? undefined : 'a review was overdue too early';
  const { by, comment } = command as Of<'close_review'>;
  const person = before.decision.broke_glass!.by;
  const now = oracle.office.directories[before.directory]!.find(({ id }) => id === person)!;
  if (command.type !== 'close_review' || comment.trim() === '') return 'a review was closed by silence';
  return oracle.reviewers(before.directory, now).includes(by.id) ? undefined : 'a review was closed by one it is about';
}

function used(before: World, command: Of<'redeem'>, after: World, oracle: Oracle): string | undefined {
  const made = usesMade(after.decision) - usesMade(before.decision);
  if (made === 0) return undefined;
  const { action_digest, verdict: policy, audience, proof } = command;
  const { approval, broke_glass } = before.decision;
  if (made !== 1 || before.decision.status !== 'ALLOWED') return 'a use is miscounted';
  const uses = broke_glass ? oracle.office.glass!.uses : approval!.grant.uses;
  if (usesMade(after.decision) > uses) return 'a grant was used too often';
  if (action_digest !== DIGEST) return 'another action ran';
  const shown = proof && 'key' in proof ? `${proof.key} ${proof.id}` : '';
  if (audience !== PLACE || shown !== `${KEY} p${usesMade(before.decision)}`) return 'it ran in another hand';
  if (policy.effect === 'deny' && (broke_glass?.overrode !== 'deny' || policy.break_glass?.guarded !== false))
    return 'what policy denies ran';
  if (!broke_glass) return oracle.approves(before, false) ? undefined : 'it ran without a quorum of today';
  if (policy.effect === 'allow' || oracle.mayBreak(before.directory, broke_glass.by)) return undefined;
  return 'it ran for somebody who may no longer break the glass';
}
