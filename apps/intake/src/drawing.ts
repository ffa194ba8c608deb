import {
  addSeconds,
  decide,
  evolve,
  grantTerms,
  leaveGiven,
  sessionOf,
  type Decision,
  type DrawnFrom,
  type SessionDrawn,
  type Verdict,
} from '@countersign/approval';
import type { Directory } from '@countersign/directory';
import type { Written } from '@countersign/store';
import { answerData } from './answers.js';
import type { Asked } from './ask.js';
import type { Attention } from './attention.js';
import { draft, leaveKey, partiesOf, stateRow, type Decisions } from './decisions.js';
import { toActor, type Evaluated } from './evaluation.js';
import { newId } from './ids.js';
import { requestText, wholeRequestText } from './recorded-request.js';
import { Turns } from './turns.js';

export interface DrawingParts {
  decisions: Decisions;
  directory: () => Directory;
  attention: Attention;
  /** Members of context that bind. */
  binding: readonly string[];
}

/** Allows what people have approved together with an earlier action of the same session, and counts it there. */
export class Drawing {
  readonly #turns = new Turns();

  constructor(readonly parts: DrawingParts) {}

  /** Undefined when nobody gave leave for this: then people are asked. Otherwise what came of the write. */
  async draw(
    asked: Asked,
    evaluated: Evaluated,
    traceId?: string,
  ): Promise<{ written: Written; decision: Decision } | undefined> {
    if (!evaluated.verdict.approval?.session) return undefined;
    const request = JSON.parse(wholeRequestText(asked)) as Decision['request'];
    // What is too large to be recorded whole is not shown whole to anybody either.
    if (sessionOf(request) === undefined || requestText(asked) !== wholeRequestText(asked)) return undefined;
    const key = leaveKey(request);
    // A crowd of one session goes one by one here; other processes are raced with.
    return this.#turns.take(key, () => this.#first(asked, evaluated, { request, key }, traceId));
  }

  async #first(
    asked: Asked,
    evaluated: Evaluated,
    { request, key }: { request: Decision['request']; key: string },
    traceId?: string,
  ) {
    const { reader } = this.parts.decisions;
    const at = new Date(evaluated.nowMs).toISOString();
    for (const text of await reader.withLeave(key)) {
      const origin = JSON.parse(text) as Decision;
      const drawn = this.#ask(origin, asked, evaluated.verdict, request, at);
      if (!drawn) continue;
      // What people have just denied by itself is not let through by what they said before.
      if (await this.parts.attention.isDenied(asked, at)) return undefined;
      // Nothing is waited for from here until the write is accepted: leave does not beat a stop.
      if (this.parts.decisions.stops.of(() => request, at)) return undefined;
      return this.#write(origin, drawn, asked, evaluated, at, traceId);
    }
    return undefined;
  }

  #ask(origin: Decision, asked: Asked, verdict: Verdict, request: Decision['request'], at: string) {
    const directory = this.parts.directory();
    const { events } = decide(
      origin,
      {
        type: 'draw',
        request,
        decision_id: newId('dec', Date.parse(at)),
        action_digest: asked.digest,
        agent: asked.agent,
        verdict,
        binding: this.parts.binding,
        approvers: approversOf(origin).flatMap(({ id }) => directory.person(id) ?? []),
      },
      at,
    );
    return events[0] as SessionDrawn | undefined;
  }

  async #write(
    origin: Decision,
    drawn: SessionDrawn,
    asked: Asked,
    { verdict, nowMs, told }: Evaluated,
    at: string,
    traceId?: string,
  ) {
    const { decisions } = this.parts;
    const terms = grantTerms(verdict);
    // However often policy lets a grant be used, leave is counted by actions.
    const grant = { id: newId('grt', nowMs), expires_at: addSeconds(at, terms.expires_in_s), uses: 1 };
    const session: DrawnFrom = { decision_id: origin.id, use: drawn.use, approvers: approversOf(origin) };
    const allowed: Verdict = { ...verdict, effect: 'allow', reasons: [reason(origin, session), ...verdict.reasons] };
    const event = {
      id: newId('evt', nowMs),
      type: 'decision.allowed',
      at,
      version: 1,
      data: answerData(allowed, asked.agent, asked.digest, requestText(asked), { grant, history: told?.text, session }),
      stream: drawn.decision_id,
      parties: partiesOf(asked.subjectId, asked.submittedBy),
      ...(traceId ? { traceId } : {}),
    };
    const data = JSON.parse(event.data) as object;
    const decision = evolve(undefined, { ...event, decision_id: drawn.decision_id, data })!;
    const { drafts, next } = draft(origin, [drawn], at, traceId);
    const history = decisions.history.ofAnswer(toActor(asked), allowed, at, told);
    const written = await decisions.writer.write({
      decisionId: origin.id,
      // The new decision's event is first: a request id is found by the first event of its write.
      events: [event, ...drafts],
      state: { expected: origin.version, row: stateRow(next) },
      born: { decisionId: decision.id, row: stateRow(decision) },
      ...(history ? { history } : {}),
      ...(asked.requestKey ? { requestKey: asked.requestKey } : {}),
    });
    if (written === 'written') decisions.history.committed(history);
    return { written, decision };
  }
}

function approversOf({ approval }: Decision): { id: string; name: string }[] {
  return leaveGiven({ votes: approval?.votes ?? [] })
    .votes.filter(({ vote }) => vote === 'approve')
    .map(({ voter, voter_name }) => ({ id: voter, name: voter_name }));
}

function reason({ session }: Decision, { decision_id, use, approvers }: DrawnFrom) {
  const names = approvers.map(({ name }) => name).join(' and ');
  return { rule: 'session', text: `${names} let the agent do this: ${use} of ${session!.count}, with ${decision_id}.` };
}
