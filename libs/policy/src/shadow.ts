import type { Effect, Verdict } from '@countersign/approval';
import { AskedTally, type AskedReport } from './asked-report.js';
import type { BundleInfo } from './policy.js';

/** One request about which the candidate thinks otherwise. It names who, what and which, and no argument. */
export interface ShadowDifference {
  /** When the live answer was given: RFC 3339, UTC. */
  at: string;
  subject: string;
  action: string;
  resource: string;
  live: Brief;
  candidate: Brief;
}

export interface Brief {
  effect: Effect;
  rules: string[];
}

/** How often one answer became another, equal ones included. */
export interface EffectChange {
  live: Effect;
  candidate: Effect;
  count: number;
  /** Those of them where something else than the effect differs: rules, whom to ask, risk, terms. */
  differing: number;
}

export interface ShadowReport {
  candidate: BundleInfo;
  /** The revision that answers. */
  live: string;
  /** RFC 3339, UTC. */
  since: string;
  /** Requests that both were asked. */
  compared: number;
  /** Requests the candidate was not asked because too many were waiting. */
  dropped: number;
  /** Requests on which the candidate broke, and would therefore deny. */
  faults: number;
  /**
   * Requests on which the candidate wants a history that nobody gathered, because the live policy does not want it: where it
   * counts, its answers are as if nothing had happened before.
   */
  withoutHistory: number;
  effects: EffectChange[];
  /** How often people are asked, would be asked, and would be asked where they are not now. */
  asked: { live: AskedReport; candidate: AskedReport; added: AskedReport };
  /** The newest thousand, the newest last. */
  differences: ShadowDifference[];
}

/** What evaluates the candidate. Its verdict must be a denial when it breaks, as an engine's is. */
export interface Candidate {
  evaluate(inputText: string): Verdict;
  readonly faults: Readonly<Record<string, number>>;
}

const MOST_DIFFERENCES = 1_000;
const MOST_WAITING = 1_000;
const MOST_WAITING_CHARACTERS = 16 * 1024 * 1024;
/** How long the live policy may have to wait for this. */
const SLICE_MS = 2;
const LONGEST_TEXT = 256;

interface Waiting {
  inputText: string;
  live: Verdict;
  atMs: number;
}

/**
 * A candidate policy beside the live one. It is asked what was asked live, after the live answer has been given and while
 * nothing else is to be done; what it says, or that it says nothing, affects no answer. When it cannot keep up, requests
 * are left out and counted.
 */
export class Shadow {
  readonly #candidate: Candidate;
  readonly #since = new Date().toISOString();
  #waiting: Waiting[] = [];
  #characters = 0;
  #turn: NodeJS.Immediate | undefined;
  #compared = 0;
  #dropped = 0;
  #faults = 0;
  #withoutHistory = 0;
  readonly #effects = new Map<string, EffectChange>();
  readonly #asked = { live: new AskedTally(), candidate: new AskedTally(), added: new AskedTally() };
  readonly #differences: ShadowDifference[] = [];

  constructor(candidate: Candidate) {
    this.#candidate = candidate;
  }

  /** Takes note of a live answer. Costs next to nothing, and never throws. */
  observe(inputText: string, live: Verdict): void {
    if (this.#waiting.length >= MOST_WAITING || this.#characters + inputText.length > MOST_WAITING_CHARACTERS) {
      this.#dropped++;
      return;
    }
    this.#waiting.push({ inputText, live, atMs: Date.now() });
    this.#characters += inputText.length;
    this.#turn ??= setImmediate(() => this.#work());
  }

  report(candidate: BundleInfo, live: string): ShadowReport {
    return {
      candidate,
      live,
      since: this.#since,
      compared: this.#compared,
      dropped: this.#dropped,
      faults: this.#faults,
      withoutHistory: this.#withoutHistory,
      effects: [...this.#effects.values()].map((change) => ({ ...change })),
      asked: {
        live: this.#asked.live.report(),
        candidate: this.#asked.candidate.report(),
        added: this.#asked.added.report(),
      },
      differences: [...this.#differences],
    };
  }

  close(): void {
    if (this.#turn) clearImmediate(this.#turn);
    this.#waiting = [];
  }

  #work(): void {
    const until = performance.now() + SLICE_MS;
    let done = 0;
    do this.#compare(this.#waiting[done++]!);
    while (done < this.#waiting.length && performance.now() < until);
    for (const { inputText } of this.#waiting.splice(0, done)) this.#characters -= inputText.length;
    this.#turn = this.#waiting.length > 0 ? setImmediate(() => this.#work()) : undefined;
  }

  #compare({ inputText, live, atMs }: Waiting): void {
    const asked = readInput(inputText);
    // Not a request of its own: a part of one that is evaluated again with its history, or the use of a grant.
    if (!asked || asked.redeems || (wantsHistory(live) && !asked.hasHistory)) return;
    const before = sum(this.#candidate.faults);
    const candidate = this.#candidate.evaluate(inputText);
    this.#compared++;
    if (sum(this.#candidate.faults) > before) this.#faults++;
    if (wantsHistory(candidate) && !asked.hasHistory) this.#withoutHistory++;
    this.#asked.live.add(live);
    this.#asked.candidate.add(candidate);
    if (live.effect !== 'require_approval') this.#asked.added.add(candidate);
    const change = this.#change(live.effect, candidate.effect);
    change.count++;
    const differs = termsOf(live) !== termsOf(candidate);
    if (differs) change.differing++;
    if (!differs && live.effect === candidate.effect) return;
    const { subject, action, resource } = asked;
    const at = new Date(atMs).toISOString();
    this.#differences.push({ at, subject, action, resource, live: brief(live), candidate: brief(candidate) });
    if (this.#differences.length > MOST_DIFFERENCES) this.#differences.shift();
  }

  #change(live: Effect, candidate: Effect): EffectChange {
    const key = `${live} ${candidate}`;
    const known = this.#effects.get(key) ?? { live, candidate, count: 0, differing: 0 };
    this.#effects.set(key, known);
    return known;
  }
}

/** Everything but the effect, and the wording of the reasons. */
function termsOf({ reasons, risk, approval, grant, obligations }: Verdict): string {
  return JSON.stringify([reasons.map(({ rule }) => rule), risk.level, approval, grant, obligations]);
}

function brief({ effect, reasons }: Verdict): Brief {
  return { effect, rules: reasons.map(({ rule }) => rule) };
}

/** Whether such a verdict is followed by a second evaluation that has the history. */
function wantsHistory({ counts, flow }: Verdict): boolean {
  return (counts?.length ?? 0) > 0 || (flow?.some((fact) => fact === 'way_out' || fact === 'irreversible') ?? false);
}

interface Asked {
  subject: string;
  action: string;
  resource: string;
  hasHistory: boolean;
  redeems: boolean;
}

// An input that is not what intake writes was denied live, and is nothing to compare.
function readInput(inputText: string): Asked | undefined {
  try {
    const { subject, action, resource, history, approval } = JSON.parse(inputText) as Record<
      string,
      Record<string, unknown>
    >;
    const name = (given: unknown) => (typeof given === 'string' ? given.slice(0, LONGEST_TEXT) : '');
    return {
      subject: name(subject?.['id']),
      action: name(action?.['name']),
      resource: name(resource?.['id']),
      hasHistory: history !== undefined && Object.keys(history).length > 0,
      redeems: approval !== undefined,
    };
  } catch {
    return undefined;
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
