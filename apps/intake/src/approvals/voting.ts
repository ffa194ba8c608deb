import { isConcerned, sameIdentity, type Person } from '@countersign/approval';
import { invalidArgument, StatusError, Vote, type ApprovalView, type CastVoteRequest } from '@countersign/contract';
import type { Caller } from '@countersign/directory';
import type { Call } from '@countersign/service';
import { newId } from '../ids.js';
import { forPeople, personNow } from '../people/who.js';
import { requireRoom, type Rate } from '../rate.js';
import { refusedStatus } from '../refusals.js';
import { Violations } from '../violations.js';
import { readSessionChoice } from './session-choice.js';
import { notYours, type Views } from './views.js';

/** For how long a fresh sign-in stands for a vote. */
const STEP_UP_MS = 5 * 60_000;
const TOO_OFTEN_REFUSED = 'Your votes have been refused too often just now. Wait, read why, then vote again.';
/** Longer than anybody looks at one request. */
const A_DAY_S = 86_400;
/** What is said to an agent. */
export const NOT_AGENTS = 'agents cannot see or answer approvals';

/** A vote, from whoever is verified to cast it to the rules that take or refuse it. */
export class Voting {
  constructor(
    readonly views: Views,
    /** How often one person's votes may be refused. Absent: as often as they like. */
    readonly refusals?: Rate,
  ) {}

  /** What was voted on, as the voter sees it then. Throws StatusError. */
  async cast(request: CastVoteRequest, call: Call<Caller>): Promise<ApprovalView> {
    const { id, vote, reason, seenDigest, cardDigest, chatAccount, openedDetails, consideredS } = request;
    const found = new Violations();
    if (![Vote.APPROVE, Vote.DENY, Vote.RETRACT].includes(vote))
      found.add('vote', 'is not VOTE_APPROVE, VOTE_DENY or VOTE_RETRACT');
    found.prose('reason', reason, 1_000);
    found.text('seen_digest', seenDigest, 128);
    found.text('card_digest', cardDigest, 128);
    if (consideredS !== undefined && consideredS > A_DAY_S) found.add('considered_s', `is more than ${A_DAY_S}: a day`);
    const session = readSessionChoice(request, found);
    found.settle();
    const { person, channel, submittedBy } = this.#voter(chatAccount, call);
    // Each refusal is recorded. What turns out to be none is given back.
    const { refusals } = this;
    if (refusals) requireRoom(refusals, person.id, performance.now(), TOO_OFTEN_REFUSED);
    await this.#mustConcern(id, person);
    let isFirst = true;
    const { decision, refused } = await this.views.decisions.run(
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
              ...this.views.asOfNow(before),
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
      call.traceId ? { traceId: call.traceId } : {},
    );
    if (refused) throw refusedStatus(refused, id);
    // Whoever changes their mind again and again fills the record, too.
    if (isFirst) refusals?.giveBack(person.id);
    return this.views.of(decision, person);
  }

  /** Whether the caller has just proved once more who they are, for this decision and for no other. */
  #steppedUp(id: string, caller: Caller): boolean {
    const proof = caller.kind === 'person' ? caller.stepped_up : undefined;
    return proof?.decision === id && this.views.decisions.now().getTime() - proof.at <= STEP_UP_MS;
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
      return { person: personNow(caller, this.views.directory()), channel: surface ?? 'api' };
    }
    if (caller.kind === 'agent') throw forPeople(NOT_AGENTS);
    if (!account) throw invalidArgument({ field: 'chat_account', description: 'is required: a service does not vote' });
    const person = this.views.directory().personBehind(account.channel, account.account);
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
    const { decision } = await this.views.decisions.load(id);
    if (decision.approval || isConcerned(decision, person)) return;
    throw notYours(id);
  }
}
