// Time in steps of five minutes. A window begins with the step its beginning falls into, so it may hold up to five minutes
// more than its name says and never less: a limit is not loosened by rounding.

const BUCKET_MS = 5 * 60_000;
export const HOUR_MS = 60 * 60_000;
export const DAY_MS = 24 * HOUR_MS;

/** The step a time falls into. */
export function bucketOf(ms: number, step = BUCKET_MS): Date {
  return new Date(Math.floor(ms / step) * step);
}
