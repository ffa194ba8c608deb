import type { Effect } from '@countersign/approval';

// How often people would be asked, and which few rules that is due to: what to look at before a policy goes live.

/** What a rule that holds requests accounts for. */
export interface AskingRule {
  rule: string;
  /** Requests it holds, alone or with others. */
  asked: number;
  /** Requests that it alone holds: nobody would be asked about them without it. */
  alone: number;
  /** Share of all held requests that this rule and those before it in the list account for, from 0 to 1. */
  cumulative: number;
}

export interface AskedReport {
  requests: number;
  asked: number;
  /** Of all requests, from 0 to 1. */
  share: number;
  /** Those that account for most first: each next one is what adds most to those before it. At most 50. */
  rules: AskingRule[];
}

export interface AskedVerdict {
  effect: Effect;
  reasons: readonly { rule: string }[];
}

// Names of rules are written by people, sets of them are few: this bounds what a policy that makes names up can cost.
const MOST_SETS = 10_000;
const MOST_LISTED = 50;
const OTHERS = '(others)';
const SEPARATOR = '\n';

/** Counts verdicts without keeping them. */
export class AskedTally {
  #requests = 0;
  #asked = 0;
  readonly #sets = new Map<string, number>();

  add({ effect, reasons }: AskedVerdict): void {
    this.#requests++;
    if (effect !== 'require_approval') return;
    this.#asked++;
    const key = [...new Set(reasons.map(({ rule }) => rule))].sort().join(SEPARATOR);
    const kept = this.#sets.has(key) || this.#sets.size < MOST_SETS ? key : OTHERS;
    this.#sets.set(kept, (this.#sets.get(kept) ?? 0) + 1);
  }

  report(): AskedReport {
    const sets = [...this.#sets].map(([key, count]) => ({ rules: key.split(SEPARATOR), count }));
    const asked = this.#asked;
    const share = this.#requests === 0 ? 0 : asked / this.#requests;
    return { requests: this.#requests, asked, share, rules: byWhatTheyAdd(sets, asked) };
  }
}

/** The report over verdicts, live or replayed. */
export function askedReport(verdicts: Iterable<AskedVerdict>): AskedReport {
  const tally = new AskedTally();
  for (const verdict of verdicts) tally.add(verdict);
  return tally.report();
}

// A request held by three rules is one request: each next rule counts only what no rule before it accounts for, or the shares
// would add up to more than everything.
function byWhatTheyAdd(sets: readonly { rules: string[]; count: number }[], asked: number): AskingRule[] {
  const [total, alone] = [new Map<string, number>(), new Map<string, number>()];
  for (const { rules, count } of sets) {
    for (const rule of rules) add(total, rule, count);
    if (rules.length === 1) add(alone, rules[0]!, count);
  }
  const ordered: AskingRule[] = [];
  let [left, covered] = [sets, 0];
  const remaining = new Set(total.keys());
  while (remaining.size > 0 && ordered.length < MOST_LISTED) {
    const adds = new Map<string, number>();
    for (const { rules, count } of left) for (const rule of rules) add(adds, rule, count);
    const size = (rule: string) => adds.get(rule) ?? 0;
    const [next] = [...remaining].sort(
      (a, b) => size(b) - size(a) || total.get(b)! - total.get(a)! || (a < b ? -1 : 1),
    );
    remaining.delete(next!);
    covered += size(next!);
    left = left.filter(({ rules }) => !rules.includes(next!));
    ordered.push({ rule: next!, asked: total.get(next!)!, alone: alone.get(next!) ?? 0, cumulative: covered / asked });
  }
  return ordered;
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
