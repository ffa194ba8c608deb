import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  addSeconds,
  evolve,
  FLOODING,
  grantTerms,
  groupsAsked,
  hold,
  stoppedVerdict,
  type Decision as CoreDecision,
  type IssuedGrant,
  type Limits,
  type Verdict,
} from '@countersign/approval';
import { DecisionSchema, State, StatusError, type Decision } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { canonicalize } from '@countersign/ledger';
import type { Policy } from '@countersign/policy';
import { answerData, heldData } from './answers.js';
import type { Asked } from './ask.js';
import { Attention } from './attention.js';
import { Decisions, draft, fold, likeness, likenessOf, partiesOf, stateRow } from './decisions.js';
import { Drawing } from './drawing.js';
import type { Grants } from './grants.js';
import { evaluateWithHistory, toActor, type Evaluated } from './evaluation.js';
import type { Floods } from './floods.js';
import { newId } from './ids.js';
import { policyInput } from './policy-input.js';
import { recordedRequest, requestText, wholeRequestText } from './recorded-request.js';
import { DO_NOT, RUN_NOW, toDecision } from './reply.js';
import type { Tally } from './tally.js';
import { Tries, Turns } from './turns.js';

export interface DeciderParts {
  decisions: Decisions;
  policy: Policy;
  grants: Grants;
  directory: () => Directory;
  limits: Limits;
  floods: Floods;
  tally: Tally;
  /** Members of context that bind. */
  binding: readonly string[];
}

/** From a checked request to a committed answer. */
export class Decider {
  readonly #turns = new Turns();
  readonly #attention: Attention;
  readonly #drawing: Drawing;

  constructor(readonly parts: DeciderParts) {
    this.#attention = new Attention(parts);
    this.#drawing = new Drawing({ ...parts, attention: this.#attention });
  }

  /** The answer is in the record when this resolves. Throws StatusError RESOURCE_EXHAUSTED early rather than queueing. */
  async decide(asked: Asked, traceId?: string): Promise<Decision> {
    const { writer } = this.parts.decisions;
    if (writer.full) {
      throw new StatusError('RESOURCE_EXHAUSTED', 'too many requests are waiting for a commit; try again', {
        reason: 'OVERLOADED',
        retryAfterMs: 250,
      });
    }
    const tries = new Tries();
    do {
      const nowMs = this.parts.decisions.now().getTime();
      // A policy in this process answers at once; only one elsewhere is waited for.
      const answer = this.parts.policy.evaluate(policyInput(asked, asked.agent, { principal: asked.principal, nowMs }));
      const verdict = answer instanceof Promise ? await answer : answer;
      const decision = this.parts.decisions.history.isWanted(verdict)
        ? await this.#answerInTurn(asked, verdict, nowMs, traceId)
        : await this.#answer(asked, { verdict, nowMs }, traceId);
      if (decision) return decision;
    } while (await tries.another());
    throw new StatusError('ABORTED', 'an equal request is changing at the same time; try again', {
      reason: 'CONTENTION',
      retryAfterMs: 200,
    });
  }

  /** What one process counts for one subject is counted one after another; what several do is checked at the commit. */
  #answerInTurn(asked: Asked, first: Verdict, nowMs: number, traceId?: string): Promise<Decision | undefined> {
    const answer = async () =>
      this.#answer(
        asked,
        await evaluateWithHistory(this.parts.policy, this.parts.decisions.history, asked, first, nowMs),
        traceId,
      );
    return first.counts ? this.#turns.take(asked.subjectId, answer) : answer();
  }

  #answer(asked: Asked, given: Evaluated, traceId?: string): Promise<Decision | undefined> | Decision {
    const evaluated = this.#unlessStopped(asked, given);
    if (asked.dryRun) return dryRun(asked, evaluated.verdict);
    return evaluated.verdict.effect === 'require_approval'
      ? this.#hold(asked, evaluated, traceId)
      : this.#settle(asked, evaluated, traceId);
  }

  /**
   * What policy said, or a denial if it comes under a stop. Called where nothing is waited for until the write is accepted,
   * or else once more: then a stop that is in effect has let nothing through.
   */
  #unlessStopped(asked: Asked, evaluated: Evaluated): Evaluated {
    const at = new Date(evaluated.nowMs).toISOString();
    const stop = this.parts.decisions.stops.of(() => recordedRequest(asked), at);
    return stop ? { ...evaluated, verdict: stoppedVerdict(evaluated.verdict, stop) } : evaluated;
  }

  /** An answer that needs nobody: one event, no state, unless a grant must be used up. */
  async #settle(asked: Asked, { verdict, nowMs, told }: Evaluated, traceId?: string): Promise<Decision | undefined> {
    const id = newId('dec', nowMs);
    const at = new Date(nowMs).toISOString();
    const allowed = verdict.effect === 'allow';
    // Whoever says where, or in whose hand, the grant is to work is going to need one.
    const wanted = verdict.grant !== undefined || asked.audience !== '' || asked.holderKey !== '';
    const terms = allowed && wanted ? grantTerms(verdict) : undefined;
    const grant: IssuedGrant | undefined = terms && {
      id: newId('grt', nowMs),
      expires_at: addSeconds(at, terms.expires_in_s),
      uses: terms.uses,
    };
    const event = {
      id: newId('evt', nowMs),
      type: allowed ? 'decision.allowed' : 'decision.denied',
      at,
      version: 1,
      data: answerData(verdict, asked.agent, asked.digest, requestText(asked), { grant, history: told?.text }),
      parties: partiesOf(asked.subjectId, asked.submittedBy),
      ...(traceId ? { traceId } : {}),
    };
    const decision = grant
      ? evolve(undefined, { ...event, decision_id: id, data: JSON.parse(event.data) as object })
      : undefined;
    const history = this.parts.decisions.history.ofAnswer(toActor(asked), verdict, at, told);
    const written = await this.parts.decisions.writer.write({
      decisionId: id,
      events: [event],
      ...(history ? { history } : {}),
      ...(asked.requestKey ? { requestKey: asked.requestKey } : {}),
      ...(decision ? { state: { expected: 0, row: stateRow(decision) } } : {}),
    });
    if (written === 'duplicate') return this.#repeated(asked);
    if (written === 'conflict') return undefined;
    this.parts.decisions.history.committed(history);
    if (decision) return this.#reply(decision);
    return create(DecisionSchema, {
      id,
      requestId: asked.requestId,
      state: allowed ? State.ALLOWED : State.DENIED,
      mayAct: allowed,
      final: true,
      reasons: verdict.reasons,
      risk: verdict.risk,
      actionDigest: asked.digest,
      policy: verdict.policy,
      obligations: verdict.obligations as never,
      createdAt: timestampFromMs(nowMs),
      updatedAt: timestampFromMs(nowMs),
      nextStep: allowed ? RUN_NOW : DO_NOT,
      subject: { type: asked.subjectType, id: asked.subjectId },
    });
  }

  /** An answer that people must give. */
  async #hold(asked: Asked, evaluated: Evaluated, traceId?: string): Promise<Decision | undefined> {
    const drawn = await this.#drawing.draw(asked, evaluated, traceId);
    if (drawn?.written === 'duplicate') return this.#repeated(asked);
    if (drawn) return drawn.written === 'written' ? this.#reply(drawn.decision) : undefined;
    const { verdict, nowMs, told } = evaluated;
    const id = newId('dec', nowMs);
    const at = new Date(nowMs).toISOString();
    const directory = this.parts.directory();
    const groups = groupsAsked(verdict.approval!);
    const whole = wholeRequestText(asked);
    const recorded = requestText(asked);
    const members = directory.membersOf(groups);
    const attention = await this.#attention.of(asked, members, nowMs);
    const now = this.#unlessStopped(asked, evaluated);
    if (now !== evaluated) return this.#settle(asked, now, traceId);
    const event = hold(
      {
        ...attention,
        request: JSON.parse(whole) as CoreDecision['request'],
        ...(recorded === whole ? {} : { recorded: JSON.parse(recorded) as CoreDecision['request'] }),
        agent: asked.agent,
        action_digest: asked.digest,
        verdict,
        members,
        destinations: directory.destinationsOf(groups),
        calendars: directory.calendars,
        ...(told ? { history: told.value } : {}),
      },
      at,
    );
    const { drafts, next } = draft(undefined, [event], at, traceId, id);
    drafts[0]!.data = heldData(event);
    const flooding = attention.restraint?.rule === FLOODING;
    const telling = flooding ? this.parts.floods.telling(asked.agent, at, traceId) : undefined;
    const written = await this.parts.decisions.writer.write({
      decisionId: id,
      events: [...drafts, ...(telling?.events ?? [])],
      ...(telling ? { registry: telling.registry } : {}),
      ...(event.type === 'decision.held'
        ? { state: { expected: 0, row: stateRow(next) }, asks: this.#attention.limit(asked.subjectId, nowMs) }
        : {}),
      ...(asked.requestKey ? { requestKey: asked.requestKey } : {}),
    });
    if (written === 'written') {
      if (event.type === 'decision.denied') this.parts.tally.unasked(event.reasons[0]!.rule);
      return this.#reply(next);
    }
    if (written === 'duplicate') return this.#repeated(asked);
    if (!flooding) return this.#join(asked, traceId);
    await this.parts.floods.lookAgain();
    return undefined;
  }

  /** The same subject asks for the same action while it is pending: the same decision again, and nobody is paged twice. */
  async #join(asked: Asked, traceId?: string): Promise<Decision | undefined> {
    const { decisions } = this.parts;
    const pending = await decisions.reader.pendingLike(asked.subjectId, likenessOf(asked));
    if (pending === undefined) return undefined;
    const { id } = JSON.parse(pending) as CoreDecision;
    const { decision } = await decisions.run(
      id,
      {
        type: 'repeat',
        ...(asked.requestId ? { request_id: asked.requestId } : {}),
        ...(asked.submittedBy ? { submitted_by: asked.submittedBy } : {}),
      },
      { ...(asked.requestKey ? { requestKey: asked.requestKey } : {}), ...(traceId ? { traceId } : {}) },
    );
    return this.#reply(decision, asked.requestId);
  }

  /** The same request_id: the same decision as it is now, if it was the same request. */
  async #repeated(asked: Asked): Promise<Decision | undefined> {
    const { decisions } = this.parts;
    const body = await decisions.reader.eventOf(asked.requestKey!);
    if (!body) return undefined;
    const { decision_id } = JSON.parse(body.toString('utf8')) as { decision_id: string };
    const { decision } = await decisions.load(decision_id);
    const first = fold((await decisions.reader.events(decision_id)).slice(0, 1))!;
    // A request that joined a pending one left only its id there, and what has to be equal to join.
    const same =
      first.request.request_id === asked.requestId
        ? canonicalize(first.request) === requestText(asked)
        : likeness(first) === likenessOf(asked);
    if (!same) {
      throw new StatusError('ABORTED', 'this request_id was used for another request: use a new one', {
        reason: 'REQUEST_ID_REUSED',
        metadata: { decision_id },
      });
    }
    return this.#reply(decision, asked.requestId);
  }

  #reply(decision: CoreDecision, requestId?: string): Decision {
    const grant = decision.status === 'ALLOWED' && decision.grant ? this.parts.grants.mint(decision) : undefined;
    const reply = toDecision(decision, grant);
    if (requestId) reply.requestId = requestId;
    return reply;
  }
}

/** What policy would say, without asking anyone and without leave to act. */
function dryRun(asked: Asked, verdict: Verdict): Decision {
  const states = { allow: State.ALLOWED, deny: State.DENIED, require_approval: State.PENDING } as const;
  return create(DecisionSchema, {
    requestId: asked.requestId,
    state: states[verdict.effect],
    mayAct: false,
    final: true,
    dryRun: true,
    reasons: verdict.reasons,
    risk: verdict.risk,
    actionDigest: asked.digest,
    policy: verdict.policy,
    ...(verdict.approval
      ? { approval: { seats: verdict.approval.seats, reasonRequired: verdict.approval.reason_required } }
      : {}),
    nextStep: 'This was a dry run: nothing was recorded and nothing is permitted.',
    subject: { type: asked.subjectType, id: asked.subjectId },
  });
}
