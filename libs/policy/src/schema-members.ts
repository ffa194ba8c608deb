// Members of what a policy answers, one check for each kind. All of them throw a SchemaProblem.

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST = 31 * 86_400;

/** What the output of a policy does to be refused. Its message is for the log: it may quote the policy. */
export class SchemaProblem extends Error {}

/** Seconds of "15m", "1h", "30s", "2d", or of a number of seconds. Undefined for anything else. */
export function parseSeconds(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isInteger(given) && given >= 1 ? given : undefined;
  const match = typeof given === 'string' ? /^([1-9]\d{0,8})([smhd])$/.exec(given) : null;
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0) : undefined;
}

export function duration(given: unknown, what: string): number {
  const seconds = parseSeconds(given);
  if (seconds === undefined || seconds > LONGEST) throw new SchemaProblem(`${what} is not a duration up to 31 days`);
  return seconds;
}

export function whole(given: unknown, most: number, what: string): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= most) return given;
  throw new SchemaProblem(`${what} is not a whole number from 1 to ${most}`);
}

export function flag(given: unknown, what: string): boolean {
  if (given === undefined || typeof given === 'boolean') return given ?? false;
  throw new SchemaProblem(`${what} is not true or false`);
}

export function names(given: unknown, what: string): string[] {
  return list(given ?? [], what).map((one) => name(one, what));
}

export function name(given: unknown, what: string): string {
  const text = string(given, what);
  if (text.length === 0 || text.length > 256) throw new SchemaProblem(`${what} is empty or too long`);
  return text;
}

export function string(given: unknown, what: string): string {
  if (typeof given === 'string' && given.isWellFormed()) return given;
  throw new SchemaProblem(`${what} is not a string`);
}

export function list(given: unknown, what: string): unknown[] {
  if (Array.isArray(given) && given.length <= 256) return given;
  throw new SchemaProblem(`${what} is not a list of at most 256`);
}

export function object(given: unknown, what: string): Record<string, unknown> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  throw new SchemaProblem(`${what} is not an object`);
}
