const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** `input.time`: a time to the second and its parts, in UTC, for a policy that has no clock. */
export function policyTime(ms: number) {
  const unix = Math.floor(ms / 1000);
  const date = new Date(unix * 1000);
  return {
    rfc3339: date.toISOString().replace('.000Z', 'Z'),
    unix,
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: WEEKDAYS[date.getUTCDay()],
  };
}
