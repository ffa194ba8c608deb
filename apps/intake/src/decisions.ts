import {
  decide,
  evolve,
  nextDue,
  sessionOf,
  type Command,
  type Decision,
  type DecisionEvent,
  type Recorded,
  type Refusal,
} from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import { canonicalize, digestOf } from '@countersign/ledger';
import type { EventDraft, IntakeReader, Parties, StateRow, Write, Writer } from '@countersign/store';
import type { Stops } from './gate/stops.js';
import type { History } from './history.js';
import { isDecisionId, newId } from './ids.js';
import { recordedRequest, type AskedTexts } from './recorded-request.js';
import { Tries, Turns } from './turns.js';

export interface Stored {
  decision: Decision;
  /** False when the decision has only its events, because it needed nobody. */
  hasState: boolean;
}

/** A command, or how to make one from the decision as it is now. */
export type CommandFor = Command | ((decision: Decision) => Command | Promise<Command>);

export interface RunOptions {
  requestKey?: Buffer;
  traceId?: string;
  /** What is to be committed together with these events, or not at all. */
  alongside?: (
    events: readonly DecisionEvent[],
    at: string,
  ) => Pick<Write, 'events' | 'policy' | 'registry'> | undefined;
}

export interface Ran {
  decision: Decision;
  refused?: Refusal;
}

/** Loads a decision, lets the rules speak, and saves what they say if nobody was faster; otherwise does it again. */
export class Decisions {
  readonly #turns = new Turns();

  constructor(
    readonly reader: IntakeReader,
    readonly writer: Writer,
    readonly now: () => Date,
    readonly history: History,
    readonly stops: Stops,
  ) {}

  /** Throws StatusError NOT_FOUND. */
  async load(id: string): Promise<Stored> {
    if (!isDecisionId(id)) {
      throw new StatusError('INVALID_ARGUMENT', 'id: is not a decision id', {
        reason: 'INVALID_REQUEST',
        violations: [{ field: 'id', description: 'is not a decision id: "dec_" and 26 characters' }],
      });
    }
    const state = await this.reader.state(id);
    if (state !== undefined) return { decision: JSON.parse(state) as Decision, hasState: true };
    const decision = fold(await this.reader.events(id));
    if (!decision) throw new StatusError('NOT_FOUND', `there is no decision ${id}`, { reason: 'NO_SUCH_DECISION' });
    return { decision, hasState: false };
  }

  /**
   * Runs a command to the end. Its events, and those of a refusal, are committed when this resolves. Commands on one decision
   * take turns, so that a crowd does not overtake itself for ever; only other processes are raced with.
   */
  run(id: string, commandFor: CommandFor, options: RunOptions = {}): Promise<Ran> {
    return this.#turns.take(id, () => this.#run(id, commandFor, options));
  }

  async #run(id: string, commandFor: CommandFor, options: RunOptions): Promise<Ran> {
    const tries = new Tries();
    do {
      const { decision, hasState } = await this.load(id);
      const command = typeof commandFor === 'function' ? await commandFor(decision) : commandFor;
      const at = this.now().toISOString();
      // Nothing is waited for from here until the write is accepted: what a stop forbids is not permitted behind it.
      const stop = this.stops.of(() => decision.request, at);
      const { events, refused } = decide(decision, command, at, stop);
      if (events.length === 0) return { decision, ...(refused ? { refused } : {}) };
      const { drafts, next } = draft(decision, events, at, options.traceId);
      const history = this.history.ofEvents(decision, events, at);
      const more = options.alongside?.(events, at);
      const written = await this.writer.write({
        decisionId: id,
        events: more ? [...drafts, ...more.events] : drafts,
        ...(more?.policy ? { policy: more.policy } : {}),
        ...(more?.registry ? { registry: more.registry } : {}),
        state: { expected: hasState ? decision.version : 0, row: stateRow(next) },
        ...(history ? { history } : {}),
        ...(options.requestKey ? { requestKey: options.requestKey } : {}),
      });
      if (written === 'written') this.history.committed(history);
      if (written !== 'conflict') return { decision: next, ...(refused ? { refused } : {}) };
    } while (await tries.another());
    throw new StatusError('ABORTED', 'the decision is changing too fast; try again', {
      reason: 'CONTENTION',
      retryAfterMs: 200,
    });
  }
}

/** The decision its recorded events make. */
export function fold(bodies: Buffer[]): Decision | undefined {
  return bodies.reduce<Decision | undefined>(
    (decision, body) => evolve(decision, JSON.parse(body.toString('utf8')) as Recorded),
    undefined,
  );
}

/** Drafts of events that follow a decision, and the decision after them. */
export function draft(
  decision: Decision | undefined,
  events: DecisionEvent[],
  at: string,
  traceId?: string,
  id = decision?.id ?? '',
) {
  let next = decision;
  const drafts: EventDraft[] = events.map((event, i) => {
    const { type, ...data } = event;
    const version = (decision?.version ?? 0) + i + 1;
    next = evolve(next, { type, at, decision_id: id, version, data });
    return {
      id: newId('evt', Date.parse(at)),
      type,
      at,
      version,
      data: canonicalize(data),
      ...(traceId ? { traceId } : {}),
      ...(version === 1 ? { parties: partiesOf(next!.request.subject.id, next!.request.submitted_by) } : {}),
    };
  });
  return { drafts, next: next! };
}

/** By whom a decision is found. */
export function partiesOf(subject: string, submittedBy?: string): Parties {
  return { subject, ...(submittedBy ? { submittedBy } : {}) };
}

/**
 * What two pending requests of one subject must share to be one: the action, all that says who may not approve it, and where
 * and in whose hand the grant works. A request for one person must never ride on that for another.
 */
export function likeness({ action_digest, request }: Pick<Decision, 'action_digest' | 'request'>): string {
  const { principal = '', submitted_by = '', subject, audience = '', holder_key = '' } = request;
  const meant = audience || holder_key ? [audience, holder_key] : [];
  if (!principal && !submitted_by && !subject.properties && meant.length === 0) return action_digest;
  return digestOf(canonicalize([action_digest, principal, submitted_by, subject.properties ?? null, ...meant]));
}

/** What `likeness` is for a request that has no decision yet. */
export function likenessOf(asked: AskedTexts): string {
  return likeness({ action_digest: asked.digest, request: recordedRequest(asked) });
}

/** What further actions must have in common with the one that leave was given with, as far as they are found by it. */
export function leaveKey(request: Decision['request']): string {
  const { subject, principal = '', action, resource } = request;
  return digestOf(canonicalize([subject.id, principal, sessionOf(request) ?? '', action.name, resource.type]));
}

/** The row a decision is kept in. */
export function stateRow(decision: Decision): StateRow {
  return {
    version: decision.version,
    status: decision.status,
    subject_id: decision.request.subject.id,
    digest: likeness(decision),
    deadline: endOf(decision),
    due: nextDue(decision)?.at ?? null,
    held: decision.approval !== undefined,
    asked: decision.status === 'PENDING' ? decision.approval.asked.map(({ id }) => id) : null,
    ...(decision.session && !decision.session.ended ? { session: leaveKey(decision.request) } : {}),
    state: JSON.stringify(decision),
  };
}

/** When it ends by itself: the time to answer, or the time to use the grant. */
function endOf(decision: Decision): string | null {
  if (decision.status === 'PENDING') return decision.approval.expires_at;
  return decision.status === 'ALLOWED' ? (decision.grant?.expires_at ?? null) : null;
}
