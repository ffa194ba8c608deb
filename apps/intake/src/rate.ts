import { StatusError } from '@countersign/contract';

/** What one caller has left. */
interface Bucket {
  tokens: number;
  /** Milliseconds, by whatever clock the caller of `take` has. */
  at: number;
}

/**
 * Token buckets by caller, in the memory of this process: each replica lets through as much again. Only those who have proved
 * who they are have one, so there are never more than the directory has entries.
 */
export class Rate {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    readonly perSecond: number,
    readonly burst: number,
  ) {}

  /** Takes one. Answers 0, or after how many milliseconds there will be one. */
  take(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key) ?? { tokens: this.burst, at: nowMs };
    this.#buckets.set(key, bucket);
    // A clock that was set back gives nothing and takes nothing.
    const passed = Math.max(0, nowMs - bucket.at);
    bucket.tokens = Math.min(this.burst, bucket.tokens + (passed / 1000) * this.perSecond);
    bucket.at = nowMs;
    // What a sum of fractions falls short of a whole is no reason to refuse it.
    if (bucket.tokens < 1 - 1e-9) return Math.ceil(((1 - bucket.tokens) / this.perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }

  /** Gives one back that turned out not to count. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens = Math.min(this.burst, bucket.tokens + 1);
  }
}

/** How often one credential may call Decide; undefined: as often as it likes. */
export function callRate(perSecond: number): Rate | undefined {
  return perSecond > 0 ? new Rate(perSecond, Math.max(1, 2 * perSecond)) : undefined;
}

/** How often one person's votes may be refused; undefined: as often as they like. */
export function refusalRate(perMinute: number): Rate | undefined {
  return perMinute > 0 ? new Rate(perMinute / 60, perMinute) : undefined;
}

/** Throws StatusError RESOURCE_EXHAUSTED when this caller has none left. */
export function requireRoom(rate: Rate, key: string, nowMs: number, text: string): void {
  const retryAfterMs = rate.take(key, nowMs);
  if (retryAfterMs > 0) throw new StatusError('RESOURCE_EXHAUSTED', text, { reason: 'RATE_LIMITED', retryAfterMs });
}
