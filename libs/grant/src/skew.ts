const DEFAULT_SKEW_S = 5;
/** Whoever remembers grants remembers them for so much longer than they work. */
export const MOST_SKEW_S = 60;

/** Seconds by which clocks may differ. Throws RangeError for what would make expiry meaningless. */
export function skewOf({ clockSkew = DEFAULT_SKEW_S }: { clockSkew?: number | undefined }): number {
  if (clockSkew >= 0 && clockSkew <= MOST_SKEW_S) return clockSkew;
  throw new RangeError(`clockSkew is ${clockSkew}, not 0 to ${MOST_SKEW_S} seconds`);
}
