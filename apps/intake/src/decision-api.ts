import {
  invalidArgument,
  StatusError,
  type DecideRequest,
  type Decision,
  type DecisionService,
} from '@countersign/contract';
import { isParty, maySee, usesMade, type Decision as CoreDecision } from '@countersign/approval';
import type { Caller, Directory } from '@countersign/directory';
import { verifyProof } from '@countersign/grant';
import { canonicalize } from '@countersign/ledger';
import { toStatusError, type Call, type Handlers, type Log } from '@countersign/service';
import { readAction } from './action.js';
import { milliseconds, readAsk, requireAgent, requireOwner } from './ask.js';
import type { Changes } from './changes.js';
import type { Decider, DeciderParts } from './decider.js';
import type { Listing } from './listing.js';
import { requireRoom, type Rate } from './rate.js';
import { redeeming } from './redeeming.js';
import { refusedStatus } from './refusals.js';
import { toDecision } from './reply.js';
import { pool } from './stream-pool.js';
import { Violations } from './violations.js';

const TOO_FAST = 'this credential asks faster than it may: wait, then ask again';
const BATCH_LIMIT = 100;
const STREAM_CONCURRENCY = 256;

export interface DecisionApiParts extends Omit<DeciderParts, 'limits' | 'floods' | 'tally'> {
  decider: Decider;
  listing: Listing;
  changes: Changes;
  /** Absent: nobody is held back. */
  rate?: Rate | undefined;
  log: Log;
}

/** DecisionService: translates messages to commands and back, and decides nothing. */
export class DecisionApi {
  readonly #parts: DecisionApiParts;

  constructor(parts: DecisionApiParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<typeof DecisionService, Caller> = {
    Decide: (request, call) => this.decide(request, call),
    DecideBatch: async ({ requests }, call) => {
      if (requests.length === 0 || requests.length > BATCH_LIMIT) {
        const description = `has ${requests.length} requests, not 1 to ${BATCH_LIMIT}`;
        throw invalidArgument({ field: 'requests', description });
      }
      requireAgent(call.caller);
      return { results: await Promise.all(requests.map((request) => this.#result(request, call))) };
    },
    DecideStream: (requests, call) => pool(requests, STREAM_CONCURRENCY, (request) => this.#streamed(request, call)),
    GetDecision: async ({ id }, call) => this.#visible((await this.#parts.decisions.load(id)).decision, call.caller),
    WaitDecision: async ({ id, wait }, call) => {
      const found = new Violations();
      const waitMs = wait ? milliseconds('wait', wait, found) : 30_000;
      found.settle();
      const { decision } = await this.#parts.decisions.load(id);
      const seen = this.#visible(decision, call.caller);
      return seen.final || waitMs === 0
        ? seen
        : this.#visible(await this.#changed(decision, Date.now() + waitMs, call), call.caller);
    },
    WatchDecision: (request, call) => this.#watch(request.id, call),
    ListDecisions: (request, { caller }) => this.#parts.listing.list(request, caller),
    WithdrawDecision: async ({ id, reason }, call) => {
      const by = requireAgent(call.caller).id;
      const found = new Violations();
      found.text('reason', reason, 1_000);
      found.settle();
      this.#visible((await this.#parts.decisions.load(id)).decision, call.caller);
      return this.#run(id, { type: 'withdraw', by, ...(reason ? { reason } : {}) }, call);
    },
    RedeemGrant: (request, call) => this.#redeem(request, call),
    ReportOutcome: async ({ id, success, summary, details, use }, call) => {
      const by = requireAgent(call.caller).id;
      const found = new Violations();
      found.prose('summary', summary, 500);
      if (use < 0) found.add('use', 'is not a number from 1');
      const text = details ? canonicalize(details) : '';
      if (text.length > 16_384) found.add('details', `has ${text.length} characters, more than 16384`);
      found.json('details', text);
      found.settle();
      this.#visible((await this.#parts.decisions.load(id)).decision, call.caller);
      return this.#run(
        id,
        {
          ...{ type: 'report', by, success },
          ...(summary ? { summary } : {}),
          ...(details ? { details } : {}),
          ...(use ? { use } : {}),
        },
        call,
      );
    },
  };

  async decide(request: DecideRequest, call: Call<Caller>): Promise<Decision> {
    // Before any work. The credential is counted, whomever it speaks for.
    if (this.#parts.rate) requireRoom(this.#parts.rate, requireAgent(call.caller).id, performance.now(), TOO_FAST);
    const asked = readAsk(request, call.caller, this.#parts.directory(), this.#parts.binding);
    const reply = await this.#parts.decider.decide(asked, call.traceId);
    if (reply.final || asked.waitMs === 0) return reply;
    const { decision } = await this.#parts.decisions.load(reply.id);
    // People may have answered since the reply was made: then there is nothing left to wait for.
    const waits = decision.status === 'PENDING';
    const now = waits ? await this.#changed(decision, Date.now() + asked.waitMs, call) : decision;
    return this.#visible(now, call.caller, asked.requestId);
  }

  async #result(request: DecideRequest, call: Call<Caller>) {
    try {
      return {
        requestId: request.requestId,
        result: { case: 'decision' as const, value: await this.decide(request, call) },
      };
    } catch (error) {
      const value = toStatusError(error, this.#parts.log, 'DecideBatch').toStatus();
      return { requestId: request.requestId, result: { case: 'error' as const, value } };
    }
  }

  #streamed(request: DecideRequest, call: Call<Caller>) {
    if (request.requestId !== '') return this.#result(request, call);
    const description = 'is required on a stream: it ties the answer to its request';
    const error = invalidArgument({ field: 'request_id', description });
    return Promise.resolve({ requestId: '', result: { case: 'error' as const, value: error.toStatus() } });
  }

  /** The decision once its state has changed, or as it is when the time is over. */
  async #changed(decision: CoreDecision, until: number, call: Call<Caller>): Promise<CoreDecision> {
    // Answer a little before the caller's own deadline, so that a wait ends as an answer and not as an error.
    const end = Math.min(until, (call.deadline ?? Infinity) - 100);
    let now = decision;
    const { changes } = this.#parts;
    while (now.status === decision.status && Date.now() < end && !call.signal.aborted && !changes.closed) {
      await changes.next(decision.id, end, call.signal);
      now = (await this.#parts.decisions.load(decision.id)).decision;
    }
    // A grant may be among what is answered: not to whoever has lost the credential while they waited.
    await call.requireHeld?.();
    return now;
  }

  async *#watch(id: string, call: Call<Caller>): AsyncGenerator<Decision> {
    let { decision } = await this.#parts.decisions.load(id);
    for (;;) {
      const reply = this.#visible(decision, call.caller);
      yield reply;
      const settled = reply.final && !(decision.status === 'ALLOWED' && decision.grant);
      if (settled) return;
      const { version } = decision;
      while (decision.version === version) {
        if (call.signal.aborted) return;
        if (this.#parts.changes.closed) throw stopping();
        await this.#parts.changes.next(id, Date.now() + 30_000, call.signal);
        ({ decision } = await this.#parts.decisions.load(id));
      }
      // What is shown is up to who may see it now, and not to who could when the watch began.
      await call.requireHeld?.();
    }
  }

  async #redeem(
    request: Parameters<NonNullable<Handlers<typeof DecisionService, Caller>['RedeemGrant']>>[0],
    call: Call<Caller>,
  ) {
    const caller = requireAgent(call.caller);
    // A refusal is recorded, so it must not cost less than a request.
    if (this.#parts.rate) requireRoom(this.#parts.rate, caller.id, performance.now(), TOO_FAST);
    const { txn, jti } = this.#parts.grants.read(request.grant);
    const { decision: before } = await this.#parts.decisions.load(txn);
    const mine = caller.may_assert_subjects || isParty(before.request, caller.id);
    if (!mine) throw notYours(txn);
    const found = new Violations();
    found.text('audience', request.audience, 256);
    const texts = readAction(request, caller.id, this.#parts.binding, found);
    const { grant, audience, proof } = request;
    const holder = proof ? verifyProof(proof, { grant, now: this.#parts.decisions.now() }) : undefined;
    const agent = (directory: Directory) => {
      const found = directory.agent(before.request.subject.id);
      if (!found)
        throw new StatusError('PERMISSION_DENIED', 'the agent is no longer in the directory', {
          reason: 'UNKNOWN_SUBJECT',
        });
      requireOwner(directory, found.id);
      return found;
    };
    const { policy, directory, decisions } = this.#parts;
    const { decision, refused } = await this.#parts.decisions.run(
      txn,
      redeeming(
        { policy, directory, decisions },
        { by: caller.id, grantId: jti, texts, agent, audience, proof: holder },
      ),
      trace(call),
    );
    if (refused) throw refusedStatus(refused, txn);
    // A gateway may use the grant of any of its agents, also of one that asked by itself: it must hear that it did.
    const reply = toDecision(decision);
    const { obligations, grantUsesLeft: usesLeft } = reply;
    return { redeemed: true, obligations, decision: reply, use: usesMade(decision), usesLeft };
  }

  async #run(
    id: string,
    command: Parameters<DeciderParts['decisions']['run']>[1],
    call: Call<Caller>,
  ): Promise<Decision> {
    const { decision, refused } = await this.#parts.decisions.run(id, command, trace(call));
    if (refused) throw refusedStatus(refused, id);
    return this.#visible(decision, call.caller);
  }

  /** The decision as this caller may see it: the grant is for the agent alone. Throws StatusError PERMISSION_DENIED. */
  #visible(decision: CoreDecision, caller: Caller, requestId?: string): Decision {
    if (!maySee(decision, caller)) throw notYours(decision.id);
    const mint = caller.kind === 'agent' && decision.status === 'ALLOWED' && decision.grant;
    const reply = toDecision(decision, mint ? this.#parts.grants.mint(decision) : undefined);
    if (requestId) reply.requestId = requestId;
    return reply;
  }
}

/** A watch that is cut short must not look like one that has seen the end. */
export function stopping(): StatusError {
  return new StatusError('UNAVAILABLE', 'this process is stopping: watch again', {
    reason: 'STOPPING',
    retryAfterMs: 1_000,
  });
}

function notYours(id: string): StatusError {
  return new StatusError('PERMISSION_DENIED', `decision ${id} is not yours`, { reason: 'NOT_YOURS' });
}

function trace({ traceId }: Call<Caller>): { traceId?: string } {
  return traceId ? { traceId } : {};
}
