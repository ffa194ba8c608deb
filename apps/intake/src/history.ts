import type { Decision, DecisionEvent, FlowFact, Verdict } from '@countersign/approval';
import { canonicalize } from '@countersign/ledger';
import type { Addition, CounterKey, FlowOccurrence, HistoryChange, HistoryReader, Scope } from '@countersign/store';

// What policy is told of earlier actions, and what later ones are told of this one. Everything here comes from decisions: an
// agent's own account of what it did is never believed.

/** Who acts, as far as counting goes. */
export interface Actor {
  subjectId: string;
  principal: string;
  /** `context.session_id`; empty when there is none. */
  session: string;
  actionName: string;
  resourceId: string;
}

/** What was read for one evaluation. */
export interface Recollection {
  /** `input.history` as canonical text. */
  text: string;
  value: Record<string, unknown>;
  counters: ReadonlySet<string>;
  /** What must still be so when the decision is committed. */
  expect: HistoryChange['expect'];
  /** What a session that begins with this action begins with. */
  inherited: FlowOccurrence[];
}

/** Facts that stay with a session. The others describe one action only. */
const LASTING: readonly FlowFact[] = ['sensitive_read', 'untrusted_read'];
/** An action that does this is judged by what its session did before. */
const JUDGED: readonly FlowFact[] = ['irreversible', 'way_out'];
const REMEMBERED_SESSIONS = 20_000;
/** A session that goes on is touched again after this, or what flowed in it would be forgotten as that of an old one. */
const TOUCH_EVERY_MS = 3_600_000;

export class History {
  /** When each session was last touched in the table, in milliseconds, so that most answers need not touch it. */
  readonly #sessions = new Map<string, number>();

  constructor(readonly reader: HistoryReader) {}

  /** Whether policy must be asked again with history, given what it was told before. */
  isWanted(verdict: Verdict, told?: Recollection): boolean {
    if (told) return verdict.counts?.some(({ counter }) => !told.counters.has(counter)) ?? false;
    return verdict.counts !== undefined || (verdict.flow?.some((fact) => JUDGED.includes(fact)) ?? false);
  }

  async recall(actor: Actor, verdict: Verdict, now: Date): Promise<Recollection> {
    const names = new Set(verdict.counts?.map(({ counter }) => counter));
    const keys = [...names].flatMap((counter) => keysOf(counter, actor));
    const session = sessionKey(actor);
    const read = await this.reader.read({
      counters: keys,
      subject: actor.subjectId,
      now,
      ...(session ? { session } : {}),
    });
    const counters = Object.fromEntries(
      [...names].map((counter) => [
        counter,
        Object.fromEntries(keysOf(counter, actor).map(({ scope }) => [scope, read.totals.get(`${counter} ${scope}`)])),
      ]),
    );
    const flow = Object.fromEntries(read.flow.map(({ fact, ...seen }) => [fact, seen]));
    const text = canonicalize({ counters, flow });
    return {
      text,
      value: JSON.parse(text) as Record<string, unknown>,
      counters: names,
      expect: read.heads,
      inherited: read.sessionKnown ? [] : read.flow,
    };
  }

  /** What an answer that needs nobody leaves behind. Undefined when it leaves nothing new. */
  ofAnswer(actor: Actor, verdict: Verdict, at: string, told?: Recollection): HistoryChange | undefined {
    const allowed = verdict.effect === 'allow';
    const add = additions(actor, verdict.counts, at, allowed);
    // A denial uses nothing up, so it may be counted whoever else counts at the same time.
    return this.#change(actor, verdict.flow, at, add, allowed, told);
  }

  /** What the answer of people leaves behind, and each further use of a grant: the first was counted with the answer. */
  ofEvents(decision: Decision, events: readonly DecisionEvent[], at: string): HistoryChange | undefined {
    const answer = events.find(isCounted);
    if (!answer) return undefined;
    const actor = actorOf(decision);
    const approved = answer.type !== 'decision.rejected';
    return this.#change(actor, decision.flow, at, additions(actor, decision.counts, at, approved), approved);
  }

  /** To be called after the commit: only what is in the table need not be written again. */
  committed(change: HistoryChange | undefined): void {
    const session = change?.flow.session;
    if (session === undefined) return;
    if (this.#sessions.size >= REMEMBERED_SESSIONS) this.#sessions.clear();
    this.#sessions.set(session, Date.parse(change!.flow.at));
  }

  #change(
    actor: Actor,
    facts: readonly FlowFact[] | undefined,
    at: string,
    add: Addition[],
    allowed: boolean,
    told?: Recollection,
  ): HistoryChange | undefined {
    const session = allowed ? sessionKey(actor) : undefined;
    const lasting = allowed ? (facts?.filter((fact) => LASTING.includes(fact)) ?? []) : [];
    const begins =
      session !== undefined && !(Date.parse(at) - (this.#sessions.get(session) ?? -Infinity) < TOUCH_EVERY_MS);
    if (add.length === 0 && lasting.length === 0 && !begins) return undefined;
    const { subjectId: subject, actionName: action, resourceId: resource } = actor;
    // What was seen must still be so only for what uses something up. A denial may be counted whoever counts beside it.
    const expect = allowed && add.length > 0 ? told?.expect : undefined;
    return {
      add,
      ...(expect ? { expect } : {}),
      flow: {
        ...{ subject, facts: lasting, at, action, resource },
        ...(session ? { session } : {}),
        ...(begins && told?.inherited.length ? { inherited: told.inherited } : {}),
      },
    };
  }
}

function isCounted(event: DecisionEvent): boolean {
  if (event.type === 'grant.redeemed') return (event.use ?? 1) > 1;
  return ['decision.approved', 'decision.broke_glass'].includes(event.type) || event.type === 'decision.rejected';
}

/** Who acted in a decision that is there already. */
export function actorOf({ request }: Pick<Decision, 'request'>): Actor {
  const session = request.context?.['session_id'];
  return {
    subjectId: request.subject.id,
    principal: request.principal ?? '',
    session: isSession(session) ? session : '',
    actionName: request.action.name,
    resourceId: request.resource.id,
  };
}

/** The session a canonical context names; empty when it names none. */
export function sessionOf(context: string): string {
  if (!context.includes('"session_id":')) return '';
  const { session_id: session } = JSON.parse(context) as { session_id?: unknown };
  return isSession(session) ? session : '';
}

function isSession(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256;
}

// A session belongs to its subject: another agent's equal name for a session is another session.
function sessionKey({ subjectId, session }: Actor): string | undefined {
  return session ? `${subjectId}\n${session}` : undefined;
}

function keysOf(counter: string, actor: Actor): CounterKey[] {
  const session = sessionKey(actor);
  const keys: [Scope, string | undefined][] = [
    ['area', ''],
    ['principal', actor.principal || undefined],
    ['session', session],
    ['subject', actor.subjectId],
  ];
  return keys.flatMap(([scope, key]) => (key === undefined ? [] : [{ counter, scope, key }]));
}

function additions(actor: Actor, counts: Verdict['counts'], at: string, allowed: boolean): Addition[] {
  return (counts ?? []).flatMap(({ counter, amount }) =>
    keysOf(counter, actor).map((key) => ({
      key,
      at,
      count: allowed ? 1 : 0,
      sum: allowed ? amount : 0,
      denies: allowed ? 0 : 1,
      ...(allowed ? { resource: actor.resourceId } : {}),
    })),
  );
}
