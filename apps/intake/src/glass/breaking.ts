import {
  breakGlassAnew,
  refuse,
  refusedBreak,
  stopReason,
  type Agent,
  type Breaking as CoreBreaking,
  type Decision,
  type Finding,
  type Person,
  type Refusal,
  type Verdict,
} from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { canonicalize } from '@countersign/ledger';
import type { Policy } from '@countersign/policy';
import type { ActionTexts } from '../action.js';
import type { Asked } from '../ask.js';
import { draft, stateRow, type Decisions } from '../decisions.js';
import { toActor } from '../evaluation.js';
import type { Recollection } from '../history.js';
import { newId } from '../ids.js';
import { personNow } from '../people/who.js';
import { policyInput } from '../policy-input.js';
import { requestText, wholeRequestText } from '../recorded-request.js';
import { refusedStatus } from '../refusals.js';
import { Tries } from '../turns.js';
import type { Reviews } from './reviews.js';

export interface BreakingParts {
  decisions: Decisions;
  policy: Policy;
  directory: () => Directory;
  reviews: Reviews;
  /** Called once for every glass that was broken. */
  count: () => void;
}

/** What a person says who breaks the glass. */
export interface Said {
  by: Person;
  reason: string;
  ticket: string;
  wantedS?: number;
  traceId?: string;
}

/** Who tries, and in what words: a person, or an agent that has no business here. */
export interface Attempt {
  by: Pick<Person, 'id' | 'name'>;
  reason: string;
  ticket?: string;
  traceId?: string;
}

/** What of an action says which it is. */
export type AttemptedAction = Pick<
  ActionTexts,
  'subjectType' | 'subjectId' | 'actionName' | 'resourceType' | 'resourceId' | 'digest'
>;

/** Breaks the glass and closes reviews: asks policy on behalf of the person, and lets the rules of the core decide. */
export class Breaking {
  constructor(readonly parts: BreakingParts) {}

  /** On a decision that waits. Throws StatusError for what the rules refuse. */
  async waiting(id: string, said: Said): Promise<Decision> {
    const { decisions, reviews } = this.parts;
    let pending: Decision | undefined;
    const { decision, refused } = await decisions.run(
      id,
      async (before) => {
        pending = before;
        const { request, action_digest, history } = before;
        const agent = this.#agentOf(before);
        const texts = textsOf(request, action_digest);
        const told = history ? canonicalize(history) : undefined;
        const verdict = await this.#ask(texts, agent, said, request.principal ?? '', told);
        return { type: 'break_glass', ...this.#breaking(said, verdict, request.subject.id) };
      },
      {
        ...(said.traceId ? { traceId: said.traceId } : {}),
        alongside: (events, at) => {
          // An attempt that is refused is recorded as well, and opens nothing.
          if (!events.some(({ type }) => type === 'review.opened')) return undefined;
          const { next } = draft(pending, [...events], at);
          return { events: [], registry: reviews.opened(id, next) };
        },
      },
    );
    if (refused) throw refusedStatus(refused, id);
    this.parts.count();
    return decision;
  }

  /** For what nobody has asked yet, or what was denied: a decision of its own. Throws StatusError. */
  async anew(asked: Asked, said: Said): Promise<Decision> {
    const { decisions, reviews } = this.parts;
    const whole = wholeRequestText(asked);
    if (whole !== requestText(asked)) {
      throw new StatusError('INVALID_ARGUMENT', 'request: is too large to be recorded whole: make it smaller', {
        reason: 'INVALID_REQUEST',
        violations: [{ field: 'request', description: 'is too large to be recorded whole' }],
      });
    }
    const request = JSON.parse(whole) as Decision['request'];
    const tries = new Tries();
    do {
      const { verdict, told } = await this.#askWithHistory(asked, said);
      const breaking = this.#breaking(said, verdict, asked.agent.id);
      const now = decisions.now();
      const at = now.toISOString();
      // Nothing is waited for from here until the write is accepted: a stop beats a broken glass.
      const stop = decisions.stops.of(() => request, at);
      if (stop) return this.refuse(asked, said, refuse('stopped', stopReason(stop).text));
      const opening = { request, agent: asked.agent, action_digest: asked.digest };
      const made = breakGlassAnew({ ...opening, ...(told ? { history: told.value } : {}) }, breaking, at);
      if ('refused' in made) return this.refuse(asked, said, made.refused);
      const id = newId('dec', now.getTime());
      const { drafts, next } = draft(undefined, made.events, at, said.traceId, id);
      const history = decisions.history.ofAnswer(toActor(asked), { ...verdict, effect: 'allow' }, at, told);
      const written = await decisions.writer.write({
        decisionId: id,
        events: drafts,
        state: { expected: 0, row: stateRow(next) },
        registry: reviews.opened(id, next),
        ...(history ? { history } : {}),
        ...(asked.requestKey ? { requestKey: asked.requestKey } : {}),
      });
      if (written === 'duplicate') return this.#repeated(asked);
      if (written === 'written') {
        decisions.history.committed(history);
        this.parts.count();
        return next;
      }
    } while (await tries.another());
    throw new StatusError('ABORTED', 'what is counted is changing too fast; try again', {
      reason: 'CONTENTION',
      retryAfterMs: 200,
    });
  }

  /**
   * Says no to what is no decision, and puts on the record who tried what. Throws StatusError, always: an attempt that could
   * not be recorded is an error of its own.
   */
  async refuse(what: AttemptedAction, { by, traceId, ...said }: Attempt, refusal: Refusal): Promise<never> {
    const { writer, now } = this.parts.decisions;
    const at = now();
    const { type, ...data } = refusedBreak({ by, ...said }, refusal, what.digest);
    const { subjectType, subjectId, actionName: action, resourceType, resourceId } = what;
    const [subject, resource] = [
      { type: subjectType, id: subjectId },
      { type: resourceType, id: resourceId },
    ];
    await writer.write({
      decisionId: newId('agt', at.getTime()),
      events: [
        {
          ...{ id: newId('evt', at.getTime()), type, at: at.toISOString(), version: 1 },
          data: canonicalize({ ...data, subject, action, resource }),
          ...(traceId ? { traceId } : {}),
        },
      ],
    });
    throw refusedStatus(refusal);
  }

  /** Throws StatusError for what the rules refuse. */
  async close(id: string, by: Person, finding: Finding, comment: string, traceId?: string): Promise<Decision> {
    const { decisions, directory, reviews } = this.parts;
    const { decision, refused } = await decisions.run(
      id,
      async ({ request }) => {
        await reviews.registry.refresh();
        const owner = directory().agent(request.subject.id)?.owner;
        const reviewer = personNow(by, directory());
        return { type: 'close_review', by: reviewer, finding, comment, ...(owner === undefined ? {} : { owner }) };
      },
      { ...(traceId ? { traceId } : {}), alongside: () => ({ events: [], registry: reviews.closed(id) }) },
    );
    if (refused) throw refusedStatus(refused, id);
    return decision;
  }

  /** People and the agent as the directory has them now: whoever has left while policy was asked counts no longer. */
  #breaking({ by: { id }, reason, ticket, wantedS }: Said, verdict: Verdict, agent: string): CoreBreaking {
    const directory = this.parts.directory();
    const by = personNow({ id }, directory);
    const owner = directory.agent(agent)?.owner;
    const rules = verdict.break_glass?.rules ?? [];
    const [told, reviewing] = [rules.flatMap(({ notify }) => notify), rules.flatMap(({ review }) => review.groups)];
    return {
      ...{ by, reason, verdict, ...(ticket ? { ticket } : {}), ...(wantedS ? { wanted_s: wantedS } : {}) },
      grant_id: newId('grt', this.parts.decisions.now().getTime()),
      overdue: this.parts.reviews.isBehind(by),
      reviewers: directory.membersOf([...new Set(reviewing)]),
      destinations: directory.destinationsOf([...new Set(told)]),
      ...(owner === undefined ? {} : { owner }),
      ...(directory.ownerProblem(agent) === undefined ? {} : { owner_missing: true }),
    };
  }

  async #askWithHistory(asked: Asked, said: Said): Promise<{ verdict: Verdict; told?: Recollection }> {
    const { history, now } = this.parts.decisions;
    const first = await this.#ask(asked, asked.agent, said, asked.principal);
    if (!history.isWanted(first)) return { verdict: first };
    const told = await history.recall(toActor(asked), first, now());
    return { verdict: await this.#ask(asked, asked.agent, said, asked.principal, told.text), told };
  }

  async #ask(texts: ActionTexts, agent: Agent, { by, reason }: Said, principal: string, history?: string) {
    // The directory is asked again in time: a review that has just become overdue counts.
    await this.parts.reviews.registry.refresh();
    return this.parts.policy.evaluate(
      policyInput(texts, agent, {
        principal,
        nowMs: this.parts.decisions.now().getTime(),
        breakGlass: breakGlassText(by, reason),
        ...(history ? { history } : {}),
      }),
    );
  }

  #agentOf({ agent, request }: Decision): Agent {
    return this.parts.directory().agent(request.subject.id) ?? { id: request.subject.id, ...agent };
  }

  /** The same request_id of the same person: the same decision, if it is about the same. */
  async #repeated(asked: Asked): Promise<Decision> {
    const { decisions } = this.parts;
    const body = await decisions.reader.eventOf(asked.requestKey!);
    const { decision_id } = JSON.parse(body!.toString('utf8')) as { decision_id: string };
    const { decision } = await decisions.load(decision_id);
    if (decision.broke_glass && decision.action_digest === asked.digest) return decision;
    throw new StatusError('ABORTED', 'this request_id was used for another request: use a new one', {
      reason: 'REQUEST_ID_REUSED',
      metadata: { decision_id },
    });
  }
}

/** What policy is told of whoever breaks the glass, as canonical text. */
export function breakGlassText({ id, groups }: Person, reason: string): string {
  return canonicalize({ by: id, groups: [...groups], reason });
}

/** The texts that policy is asked with, of a request that is recorded whole. */
function textsOf({ subject, action, resource, context }: Decision['request'], digest: string): ActionTexts {
  return {
    ...{ subjectId: subject.id, subjectType: subject.type, actionName: action.name },
    ...{ resourceType: resource.type, resourceId: resource.id, digest },
    ...{ subject: canonicalize(subject), action: canonicalize(action), resource: canonicalize(resource) },
    context: context ? canonicalize(context) : '',
  };
}
