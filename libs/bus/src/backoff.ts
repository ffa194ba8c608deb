import { setTimeout as sleep } from 'node:timers/promises';

/** Waits between tries, in milliseconds: doubling from `first` up to `most`. */
export interface Backoff {
  first: number;
  most: number;
}

export const DEFAULT_BACKOFF: Backoff = { first: 200, most: 10_000 };

/** How long to wait after the given number of failures in a row; jittered, so that replicas do not retry in step. */
export function delayAfter(failures: number, { first, most }: Backoff): number {
  const full = Math.min(first * 2 ** Math.min(failures - 1, 30), most);
  return full * (0.75 + Math.random() * 0.25);
}

/** Sleeps; cut short, without an error, when the signal aborts. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
