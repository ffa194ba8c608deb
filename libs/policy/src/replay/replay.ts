import type { Effect, Verdict } from '@countersign/approval';
import { AskedTally, type AskedReport } from '../asked-report.js';
import { lostParts, recordedInput, type RecordedAnswer } from '../recorded-input.js';
import { compare, type Comparison } from './compare.js';
import { recordedRuling, rulingOf, type Ruling } from './ruling.js';

/** One recorded request about which the candidate says something else. Loosened in one way is loosened. */
export interface Change extends Comparison {
  kind: 'loosened' | 'tightened';
  decision_id: string;
  /** RFC 3339: when it was asked. */
  at: string;
  subject: string;
  action: string;
  resource: string;
  before: { effect: Effect; rules: string[] };
  after: { effect: Effect; rules: string[] };
}

export interface ReplaySummary {
  requests: number;
  /** effects["deny"]["allow"] were denied and would be allowed. */
  effects: Record<Effect, Record<Effect, number>>;
  loosened: number;
  tightened: number;
  /** The same answer on the same terms, for other reasons. */
  other_rules: number;
  /** Requests that cannot be asked again, by reason. */
  not_replayable: Record<string, number>;
  /** The candidate counts or judges by history, and none was recorded: it was asked as if nothing had happened before. */
  without_history: number;
  /** Requests on which the candidate broke, and denies. */
  faults: Record<string, number>;
  asked: { before: AskedReport; after: AskedReport };
}

/** Answers a policy input, and counts what broke. */
export interface Replayed {
  evaluate(inputText: string): Verdict;
  readonly faults: Readonly<Record<string, number>>;
}

/**
 * Asks a candidate what was asked before, one request at a time: it keeps numbers, never requests. The other side is what
 * policy said then, or what another policy says now.
 */
export class Replay {
  readonly #summary: Omit<ReplaySummary, 'faults' | 'asked'> = {
    requests: 0,
    effects: { allow: none(), deny: none(), require_approval: none() },
    loosened: 0,
    tightened: 0,
    other_rules: 0,
    not_replayable: {},
    without_history: 0,
  };
  readonly #asked = { before: new AskedTally(), after: new AskedTally() };
  readonly #faultsBefore: Readonly<Record<string, number>>;

  constructor(
    readonly candidate: Replayed,
    readonly against?: Pick<Replayed, 'evaluate'>,
  ) {
    this.#faultsBefore = { ...candidate.faults };
  }

  /** What changes for this request, if anything does. */
  add(event: RecordedAnswer): Change | undefined {
    const [lost] = lostParts(event);
    if (lost !== undefined) {
      const why = `${lost} was too large to be recorded`;
      this.#summary.not_replayable[why] = (this.#summary.not_replayable[why] ?? 0) + 1;
      return undefined;
    }
    const input = recordedInput(event);
    const verdict = this.candidate.evaluate(input);
    const after = rulingOf(verdict);
    const before = this.against ? rulingOf(this.against.evaluate(input)) : recordedRuling(event);
    this.#summary.requests++;
    this.#summary.effects[before.effect][after.effect]++;
    this.#asked.before.add(asAsked(before));
    this.#asked.after.add(asAsked(after));
    if (wantsHistory(verdict) && event.data.history === undefined) this.#summary.without_history++;
    return this.#compare(event, before, after);
  }

  get requests(): number {
    return this.#summary.requests;
  }

  summary(): ReplaySummary {
    const faults = Object.entries(this.candidate.faults)
      .map(([kind, count]) => [kind, count - (this.#faultsBefore[kind] ?? 0)] as const)
      .filter(([, count]) => count > 0);
    return {
      ...structuredClone(this.#summary),
      faults: Object.fromEntries(faults),
      asked: { before: this.#asked.before.report(), after: this.#asked.after.report() },
    };
  }

  #compare(event: RecordedAnswer, before: Ruling, after: Ruling): Change | undefined {
    const { looser, stricter } = compare(before, after);
    if (looser.length === 0 && stricter.length === 0) {
      if (before.rules.join('\n') !== after.rules.join('\n')) this.#summary.other_rules++;
      return undefined;
    }
    const kind = looser.length > 0 ? 'loosened' : 'tightened';
    this.#summary[kind]++;
    const { subject, action, resource } = event.data.request;
    return {
      kind,
      decision_id: event.decision_id,
      at: event.at,
      subject: subject.id,
      action: action.name,
      resource: `${resource.type}:${resource.id}`,
      looser,
      stricter,
      before: { effect: before.effect, rules: before.rules },
      after: { effect: after.effect, rules: after.rules },
    };
  }
}

function asAsked({ effect, rules }: Ruling) {
  return { effect, reasons: rules.map((rule) => ({ rule })) };
}

/** As intake decides whether policy is asked again with its history. */
function wantsHistory({ counts, flow }: Verdict): boolean {
  return (counts?.length ?? 0) > 0 || (flow?.some((fact) => fact === 'way_out' || fact === 'irreversible') ?? false);
}

function none(): Record<Effect, number> {
  return { allow: 0, deny: 0, require_approval: 0 };
}
