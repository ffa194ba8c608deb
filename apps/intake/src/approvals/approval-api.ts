import {
  alikeGroups,
  besideText,
  isAskedIn,
  isConcerned,
  type Decision as CoreDecision,
  type Pending,
} from '@countersign/approval';
import { invalidArgument, type ApprovalService, type ApprovalView } from '@countersign/contract';
import type { Caller, Directory } from '@countersign/directory';
import type { Handlers } from '@countersign/service';
import type { Beside } from '../beside.js';
import type { Changes } from '../changes.js';
import type { Decisions } from '../decisions.js';
import type { Floods } from '../floods.js';
import { toReview } from '../glass/break-glass-api.js';
import type { Reviews } from '../glass/reviews.js';
import { requirePerson, requireService } from '../people/who.js';
import type { Rate } from '../rate.js';
import { refusedStatus } from '../refusals.js';
import { toDecision } from '../reply.js';
import type { Signals } from '../signals.js';
import { Violations } from '../violations.js';
import { groupMessage } from './approval-groups.js';
import { decidedPage, LOOKED_THROUGH, PAGE, pendingPage } from './pages.js';
import { notYours, Views, zoneOf } from './views.js';
import { NOT_AGENTS, Voting } from './voting.js';
import { Watches } from './watches.js';

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

/** Reviews that are shown to everybody who looks for approvals. */
const MOST_OVERDUE = 100;

/** ApprovalService: what people see and say. Agents have no business here. */
export class ApprovalApi {
  readonly #views: Views;
  /** Also for whoever votes from the same process. */
  readonly voting: Voting;
  readonly #watches: Watches;

  constructor(readonly parts: ApprovalApiParts) {
    this.#views = new Views(parts.decisions, parts.directory);
    this.voting = new Voting(this.#views, parts.refusals);
    this.#watches = new Watches(this.#views, parts.changes);
  }

  readonly handlers: Handlers<typeof ApprovalService, Caller> = {
    ListApprovals: async ({ includeIneligible, pageSize, pageToken, decided, timeZone }, call) => {
      const { person } = requirePerson(call.caller, NOT_AGENTS);
      if (pageSize < 0 || pageSize > PAGE)
        throw invalidArgument({ field: 'page_size', description: `is not between 1 and ${PAGE}` });
      const zone = zoneOf(timeZone);
      const { beside, floods, reviews } = this.parts;
      const wanted = { person, size: pageSize || 50, token: pageToken, zone };
      const page = decided
        ? await decidedPage(this.#views, beside.reader, wanted)
        : await pendingPage(this.#views, wanted, includeIneligible);
      const notices = pageToken || decided ? [] : floods.noticesFor(person.id, Date.now());
      const overdue = reviews.overdue().slice(0, MOST_OVERDUE);
      return { ...page, notices, overdueReviews: overdue.map((one) => toReview(one, reviews)) };
    },
    ListApprovalGroups: async ({ includeIneligible, containing }, call) => {
      const { person } = requirePerson(call.caller, NOT_AGENTS);
      const rows = await this.parts.decisions.reader.pending(LOOKED_THROUGH);
      const pending = rows
        .map((text) => JSON.parse(text) as CoreDecision & Pending)
        .filter((decision) => this.#views.lists(decision, person, includeIneligible));
      const found = containing ? pending.find(({ id }) => id === containing) : undefined;
      if (containing && !found) throw notYours(containing);
      // The one that is asked for goes first, so that it is never among those left out.
      const groups = alikeGroups(found ? [found, ...pending.filter((other) => other !== found)] : pending);
      const wanted = found ? groups.filter(({ requests }) => requests.some(({ id }) => id === found.id)) : groups;
      return { groups: wanted.map(groupMessage), incomplete: rows.length === LOOKED_THROUGH };
    },
    GetApproval: async ({ id, timeZone, wholePayload }, call) => {
      const { person } = requirePerson(call.caller, NOT_AGENTS);
      const zone = zoneOf(timeZone);
      const { decision } = await this.parts.decisions.load(id);
      if (!isConcerned(decision, person)) throw notYours(id);
      const related = await this.parts.beside.of(decision);
      return this.#views.of(decision, person, { ...zone, related, whole: wholePayload });
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
      this.#watches.of(
        call.caller.id,
        this.#watches.asLongAsThere(requirePerson(call.caller, NOT_AGENTS)),
        includeIneligible,
        zoneOf(timeZone),
        call.signal,
      ),
    ListApproverSignals: (request, { caller }) => this.parts.signals.list(request, caller),
    CastVote: (request, call) => this.voting.cast(request, call),
    RevokeDecision: async ({ id, reason }, call) => {
      const { person } = requirePerson(call.caller, NOT_AGENTS);
      const found = new Violations();
      found.text('reason', reason, 1_000);
      found.settle();
      const { decision } = await this.parts.decisions.load(id);
      if (!isConcerned(decision, person)) throw notYours(id);
      const { decision: after, refused } = await this.parts.decisions.run(
        id,
        { type: 'revoke', by: person, reason },
        call.traceId ? { traceId: call.traceId } : {},
      );
      if (refused) throw refusedStatus(refused, id);
      return toDecision(after);
    },
  };

  /** What `WatchApprovals` sends, also of what the caller may only see, for as long as the credential holds. */
  watchAs(
    caller: Caller,
    timeZone: string,
    holds: () => Promise<boolean>,
    signal: AbortSignal,
  ): AsyncGenerator<ApprovalView> {
    const there = this.#watches.asLongAsThere(requirePerson(caller, NOT_AGENTS));
    this.#watches.requireRoom(caller.id);
    return this.#watches.of(
      caller.id,
      async () => ((await holds()) ? there() : undefined),
      true,
      zoneOf(timeZone),
      signal,
    );
  }
}
