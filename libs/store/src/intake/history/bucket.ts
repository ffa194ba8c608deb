// Time in steps, numbered from 1970. A window begins with the step its beginning falls into, so it may hold up to five minutes
// more than its name says and never less: a limit is not loosened by rounding.

const BUCKET_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;

/** The five minutes a time falls into. */
export function bucketOf(at: string | Date): number {
  return Math.floor(new Date(at).getTime() / BUCKET_MS);
}

/** The hour a time falls into. */
export function hourOf(at: string | Date): number {
  return Math.floor(new Date(at).getTime() / HOUR_MS);
}

export const BUCKETS_PER_HOUR = HOUR_MS / BUCKET_MS;
