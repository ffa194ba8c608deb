import { setTimeout } from 'node:timers/promises';
import {
  alikeGroups,
  besideText,
  isAskedIn,
  isConcerned,
  isTimeZone,
  noVoteBecause,
  sameIdentity,
  type Decision as CoreDecision,
  type Pending,
  type Person,
  type VoteSituation,
} from '@countersign/approval';
import {
  invalidArgument,
  StatusError,
  Vote,
  type ApprovalService,
  type ApprovalView,
  type CastVoteRequest,
} from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Call, Handlers } from '@countersign/service';
import { approvalView, type ViewOptions } from './approval-view.js';
import type { Beside } from './beside.js';
import type { Changes } from './changes.js';
import { stopping } from './decision-api.js';
import type { Decisions } from './decisions.js';
import type { Floods } from './floods.js';
import { groupMessage } from './approval-groups.js';
import { toReview } from './glass/break-glass-api.js';
import type { Reviews } from './glass/reviews.js';
import { isDecisionId, newId } from './ids.js';
import { requireRoom, type Rate } from './rate.js';
import { requireService } from './people/who.js';
import { refusedStatus } from './refusals.js';
import { toDecision } from './reply.js';
import { readSessionChoice } from './session-choice.js';
import type { Signals } from './signals.js';
import { Violations } from './violations.js';
import { forPeople } from './people/who.js';

export interface ApprovalApiParts {
  floods: Floods;
  signals: Signals;
  /** How often one person's votes may be refused. Absent: as often as they like. */
  refusals?: Rate | undefined;
  decisions: Decisions;
  directory: () => Directory;
  changes: Changes;
  beside: Beside;
  reviews: Reviews;
}

const PAGE = 200;
/** For how long a fresh sign-in stands for a vote. */
const STEP_UP_MS = 5 * 60_000;
const TOO_OFTEN_REFUSED = 'Your votes have been refused too often just now. Wait, read why, then vote again.';
/** Milliseconds between two looks for one who watches. */
const LOOK_AGAIN_MS = 200;
/** Watches of one person at a time: each looks whenever anything changes. */
const MOST_WATCHES = 20;
const LOOKED_THROUGH = 1_000;
/** Behind every decision there is. */
const LAST_ID = 'dec_~';
/** Longer than anybody looks at one request. */
const A_DAY_S = 86_400;
/** Reviews that are shown to everybody who looks for approvals. */
const MOST_OVERDUE = 100;

/** ApprovalService: what people see and say. Agents have no business here. */
export class ApprovalApi {
  /** By person. */
  readonly #watches = new Map<string, number>();

  constructor(readonly parts: ApprovalApiParts) {}

  readonly handlers: Handlers<typeof ApprovalService, Caller> = {
    ListApprovals: async ({ includeIneligible, pageSize, pageToken, decided, timeZone }, call) => {
      const person = requirePerson(call.caller);
      if (pageSize < 0 || pageSize > PAGE)
        throw invalidArgument({ field: 'page_size', description: `is not between 1 and ${PAGE}` });
      const zone = zoneOf(timeZone);
      const page = decided
        ? await this.#decided(person, pageSize || 50, pageToken, zone)
        : await this.#page(person, includeIneligible, pageSize || 50, pageToken, zone);
      const { floods, reviews } = this.parts;
      const notices = pageToken || decided ? [] : floods.noticesFor(person.id, Date.now());
      const overdue = reviews.overdue().slice(0, MOST_OVERDUE);
      return { ...page, notices, overdueReviews: overdue.map((one) => toReview(one, reviews)) };
    },
    ListApprovalGroups: async ({ includeIneligible, containing }, call) => {
      const person = requirePerson(call.caller);
      const rows = await this.parts.decisions.reader.pending(LOOKED_THROUGH);
      const pending = rows
        .map((text) => JSON.parse(text) as CoreDecision & Pending)
        .filter((decision) => this.#listed(decision, person, includeIneligible));
      const found = containing ? pending.find(({ id }) => id === containing) : undefined;
      if (containing && !found) throw notYours(containing);
      // The one that is asked for goes first, so that it is never among those left out.
      const groups = alikeGroups(found ? [found, ...pending.filter((other) => other !== found)] : pending);
      const wanted = found ? groups.filter(({ requests }) => requests.some(({ id }) => id === found.id)) : groups;
      return { groups: wanted.map(groupMessage), incomplete: rows.length === LOOKED_THROUGH };
    },
    GetApproval: async ({ id, timeZone, wholePayload }, call) => {
      const person = requirePerson(call.caller);
      const zone = zoneOf(timeZone);
      const { decision } = await this.parts.decisions.load(id);
      if (!isConcerned(decision, person)) throw notYours(id);
      const related = await this.parts.beside.of(decision);
      return this.#view(decision, person, { ...zone, related, whole: wholePayload });
    },
    GetBeside: async ({ id, channel, address }, { caller }) => {
      requireService(caller);
      if (channel !== 'slack' && channel !== 'teams')
        throw invalidArgument({ field: 'channel', description: 'is neither slack nor teams' });
      const place = { channel, address } as const;
      const { decision } = await this.parts.decisions.load(id);
      if (!isAskedIn(decision, place)) throw notYours(id);
      const beside = besideText(decision, await this.parts.beside.of(decision), { place });
      return { justBefore: beside.just_before, similar: beside.similar };
    },
    WatchApprovals: ({ includeIneligible, timeZone }, call) =>
      this.#watch(
        call.caller.id,
        this.#asLongAsThere(requirePerson(call.caller)),
        includeIneligible,
        zoneOf(timeZone),
        call.signal,
      ),
    ListApproverSignals: (request, { caller }) => this.parts.signals.list(request, caller),
    CastVote: (request, call) => this.castVote(request, call),
    RevokeDecision: async ({ id, reason }, call) => {
      const person = requirePerson(call.caller);
      const found = new Violations();
      found.text('reason', reason, 1_000);
      found.settle();
      const { decision } = await this.parts.decisions.load(id);
      if (!isConcerned(decision, person)) throw notYours(id);
      const { decision: after, refused } = await this.parts.decisions.run(
        id,
        { type: 'revoke', by: person, reason },
        trace(call),
      );
      if (refused) throw refusedStatus(refused, id);
      return toDecision(after);
    },
  };

  async castVote(request: CastVoteRequest, call: Call<Caller>): Promise<ApprovalView> {
    const { id, vote, reason, seenDigest, cardDigest, chatAccount, openedDetails, consideredS } = request;
    const found = new Violations();
    if (![Vote.APPROVE, Vote.DENY, Vote.RETRACT].includes(vote))
      found.add('vote', 'is not VOTE_APPROVE, VOTE_DENY or VOTE_RETRACT');
    if (reason.length > 1_000) found.add('reason', `has ${reason.length} characters, more than 1000`);
    if (!reason.isWellFormed()) found.add('reason', 'is not well-formed Unicode');
    found.text('seen_digest', seenDigest, 128);
    found.text('card_digest', cardDigest, 128);
    if (consideredS !== undefined && consideredS > A_DAY_S) found.add('considered_s', `is more than ${A_DAY_S}: a day`);
    const session = readSessionChoice(request, found);
    found.settle();
    const { person, channel, submittedBy } = this.#voter(chatAccount, call);
    // Each refusal is recorded. What turns out to be none is given back.
    const { refusals } = this.parts;
    if (refusals) requireRoom(refusals, person.id, performance.now(), TOO_OFTEN_REFUSED);
    await this.#mustConcern(id, person);
    let isFirst = true;
    const { decision, refused } = await this.parts.decisions.run(
      id,
      (before) => {
        // Looked up at every try, like everybody else: whoever votes may have left while somebody else was faster.
        const { person: voter } = this.#voter(chatAccount, call);
        const by = { voter, channel, ...(submittedBy ? { submitted_by: submittedBy } : {}) };
        isFirst = !before.approval?.votes.some(({ voter }) => sameIdentity(voter, person.id));
        return vote === Vote.RETRACT
          ? { type: 'retract', ...by }
          : {
              type: 'vote',
              ...by,
              ...this.#asOfNow(before),
              ...(this.#steppedUp(id, call.caller) ? { stepped_up: true } : {}),
              vote: vote === Vote.APPROVE ? 'approve' : 'deny',
              grant_id: newId('grt', Date.now()),
              ...(reason ? { reason } : {}),
              ...(seenDigest ? { seen_digest: seenDigest } : {}),
              ...(cardDigest ? { card_digest: cardDigest } : {}),
              ...(openedDetails === undefined ? {} : { opened_details: openedDetails }),
              ...(consideredS === undefined ? {} : { considered_s: consideredS }),
              ...(session ? { session } : {}),
            };
      },
      trace(call),
    );
    if (refused) throw refusedStatus(refused, id);
    // Whoever changes their mind again and again fills the record, too.
    if (isFirst) refusals?.giveBack(person.id);
    return this.#view(decision, person);
  }

  /** Those who voted before and the agent's owner as the directory has them now: a vote counts only while it could be cast. */
  #asOfNow({ approval, request }: CoreDecision): { earlier: Person[]; owner?: string; owner_missing?: boolean } {
    const directory = this.parts.directory();
    const owner = directory.agent(request.subject.id)?.owner;
    return {
      ...(directory.ownerProblem(request.subject.id) === undefined ? {} : { owner_missing: true }),
      earlier: (approval?.votes ?? []).flatMap(({ voter }) => directory.person(voter) ?? []),
      ...(owner === undefined ? {} : { owner }),
    };
  }

  /** Whether the caller has just proved once more who they are, for this decision and for no other. */
  #steppedUp(id: string, caller: Caller): boolean {
    const proof = caller.kind === 'person' ? caller.stepped_up : undefined;
    return proof?.decision === id && this.parts.decisions.now().getTime() - proof.at <= STEP_UP_MS;
  }

  /** Who votes: the caller, or the person behind the chat account that the notifier verified. */
  #voter(
    account: CastVoteRequest['chatAccount'],
    { caller, surface }: Call<Caller>,
  ): { person: Person; channel: string; submittedBy?: string } {
    if (caller.kind === 'person') {
      if (account)
        throw new StatusError('PERMISSION_DENIED', 'chat_account: only the notifier may name one', {
          reason: 'NOT_A_SERVICE',
        });
      // The directory as it is now, not as it was when the credential was looked up.
      return { person: this.parts.directory().person(caller.id) ?? caller.person, channel: surface ?? 'api' };
    }
    if (caller.kind === 'agent') throw forPeople(NOT_AGENTS);
    if (!account) throw invalidArgument({ field: 'chat_account', description: 'is required: a service does not vote' });
    const person = this.parts.directory().personBehind(account.channel, account.account);
    if (!person) {
      throw new StatusError(
        'PERMISSION_DENIED',
        `This ${account.channel === 'teams' ? 'Teams' : 'Slack'} account is not linked to anyone. Ask an administrator to link it, then try again.`,
        { reason: 'NOT_LINKED' },
      );
    }
    return { person, channel: account.channel, submittedBy: caller.id };
  }

  /** Where people were asked, the rules say why somebody may not vote; where nobody was, an outsider learns nothing. */
  async #mustConcern(id: string, person: Person): Promise<void> {
    const { decision } = await this.parts.decisions.load(id);
    if (decision.approval || isConcerned(decision, person)) return;
    throw notYours(id);
  }

  async #page(person: Person, all: boolean, size: number, token: string, zone: Zone) {
    const approvals: ApprovalView[] = [];
    let after = token === '' ? undefined : parseToken(token);
    for (;;) {
      const rows = (await this.parts.decisions.reader.pending(PAGE, after)).map(
        (text) => JSON.parse(text) as CoreDecision,
      );
      for (const decision of rows) {
        after = { deadline: decision.approval!.expires_at, id: decision.id };
        if (!this.#listed(decision, person, all)) continue;
        approvals.push(this.#view(decision, person, zone));
        if (approvals.length === size) return { approvals, nextPageToken: `${after.deadline} ${after.id}` };
      }
      if (rows.length < PAGE) return { approvals, nextPageToken: '' };
    }
  }

  /** What is decided is looked through in pages of its own, and no further than `LOOKED_THROUGH` for one answer. */
  async #decided(person: Person, size: number, token: string, zone: Zone) {
    if (token !== '' && !isDecisionId(token)) throw notAToken();
    const approvals: ApprovalView[] = [];
    let before = token || LAST_ID;
    for (let looked = 0; looked < LOOKED_THROUGH; looked += PAGE) {
      const rows = await this.parts.beside.reader.decided(PAGE, before);
      for (const text of rows) {
        const decision = JSON.parse(text) as CoreDecision;
        before = decision.id;
        if (!isConcerned(decision, person)) continue;
        approvals.push(this.#view(decision, person, zone));
        if (approvals.length === size) return { approvals, nextPageToken: before };
      }
      if (rows.length < PAGE) return { approvals, nextPageToken: '' };
    }
    return { approvals, nextPageToken: before };
  }

  /** Throws StatusError RESOURCE_EXHAUSTED: pages that nobody closes must not wear out what everybody reads from. */
  #requireRoomToWatch(id: string): void {
    if ((this.#watches.get(id) ?? 0) < MOST_WATCHES) return;
    throw new StatusError('RESOURCE_EXHAUSTED', `you watch ${MOST_WATCHES} times already: close what you do not read`, {
      reason: 'TOO_MANY_WATCHES',
      retryAfterMs: 5_000,
    });
  }

  async *#watch(
    id: string,
    reader: () => Person | undefined | Promise<Person | undefined>,
    all: boolean,
    zone: Zone,
    signal: AbortSignal,
  ): AsyncGenerator<ApprovalView> {
    this.#requireRoomToWatch(id);
    this.#watches.set(id, (this.#watches.get(id) ?? 0) + 1);
    try {
      yield* this.#looks(reader, all, zone, signal);
    } finally {
      const left = this.#watches.get(id)! - 1;
      if (left > 0) this.#watches.set(id, left);
      else this.#watches.delete(id);
    }
  }

  /** Looks again when anything may have changed, but not more often than people can read. */
  async *#looks(
    reader: () => Person | undefined | Promise<Person | undefined>,
    all: boolean,
    zone: Zone,
    signal: AbortSignal,
  ): AsyncGenerator<ApprovalView> {
    const shown = new Map<string, number>();
    while (!signal.aborted) {
      if (this.parts.changes.closed) throw stopping();
      const person = await reader();
      if (!person) return;
      // Before the look: what changes while it is under way is the reason for the next one.
      const changed = this.parts.changes.nextOfAny(Date.now() + 5_000, signal);
      const rows = (await this.parts.decisions.reader.pending(1_000)).map((text) => JSON.parse(text) as CoreDecision);
      const pending = new Set(rows.map(({ id }) => id));
      const gone = [...shown.keys()].filter((id) => !pending.has(id));
      const decided =
        gone.length === 0
          ? []
          : (await this.parts.decisions.reader.states(gone)).map((text) => JSON.parse(text) as CoreDecision);
      for (const decision of [...rows, ...decided]) {
        if (
          shown.get(decision.id) === decision.version ||
          !(shown.has(decision.id) || this.#listed(decision, person, all))
        )
          continue;
        shown.set(decision.id, decision.version);
        // Whoever has left the group meanwhile sees no more of it.
        if (!isConcerned(decision, person)) continue;
        yield this.#view(decision, person, zone);
      }
      gone.forEach((id) => shown.delete(id));
      await changed;
      await setTimeout(LOOK_AGAIN_MS);
    }
  }

  /** What `WatchApprovals` sends, also of what the caller may only see, for as long as the credential holds. */
  watchAs(
    caller: Caller,
    timeZone: string,
    holds: () => Promise<boolean>,
    signal: AbortSignal,
  ): AsyncGenerator<ApprovalView> {
    const there = this.#asLongAsThere(requirePerson(caller));
    this.#requireRoomToWatch(caller.id);
    return this.#watch(caller.id, async () => ((await holds()) ? there() : undefined), true, zoneOf(timeZone), signal);
  }

  /** A person as the directory has them at every look, and nobody once they are disabled or gone. */
  #asLongAsThere({ id }: Person): () => Person | undefined {
    return () => {
      const person = this.parts.directory().person(id);
      return person?.disabled ? undefined : person;
    };
  }

  #situation(decision: CoreDecision): VoteSituation {
    const { now, stops } = this.parts.decisions;
    const at = now().toISOString();
    return { ...this.#asOfNow(decision), at, stop: stops.of(() => decision.request, at) };
  }

  #listed(decision: CoreDecision, person: Person, all: boolean): boolean {
    if (all) return isConcerned(decision, person);
    return noVoteBecause(decision, person, this.#situation(decision)) === '';
  }

  #view(decision: CoreDecision, person: Person, more: Omit<ViewOptions, 'now'> = {}): ApprovalView {
    if (!isConcerned(decision, person)) throw notYours(decision.id);
    return approvalView(decision, person, { ...more, now: this.#situation(decision) });
  }
}

function requirePerson(caller: Caller): Person {
  if (caller.kind === 'person') return caller.person;
  throw forPeople(NOT_AGENTS);
}

const NOT_AGENTS = 'agents cannot see or answer approvals';

function notYours(id: string): StatusError {
  return new StatusError('PERMISSION_DENIED', `you have no part in ${id}`, { reason: 'NOT_YOURS' });
}

function parseToken(token: string): { deadline: string; id: string } {
  const [deadline, id] = token.split(' ');
  if (
    !deadline ||
    !id ||
    !isDecisionId(id) ||
    !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(deadline) ||
    Number.isNaN(Date.parse(deadline))
  )
    throw notAToken();
  return { deadline, id };
}

function notAToken(): StatusError {
  return invalidArgument({ field: 'page_token', description: 'is not from an earlier answer' });
}

type Zone = Pick<ViewOptions, 'zone'>;

function zoneOf(name: string): Zone {
  if (name === '') return {};
  if (name.length <= 64 && isTimeZone(name)) return { zone: name };
  throw invalidArgument({ field: 'time_zone', description: 'is not the name of a time zone, such as Europe/Berlin' });
}

function trace(call: Call<Caller>): { traceId?: string } {
  return call.traceId ? { traceId: call.traceId } : {};
}
