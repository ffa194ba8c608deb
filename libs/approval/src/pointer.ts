// JSON pointers (RFC 6901) into plain data.

/** What a pointer names, by own members only: never by what every object or list inherits. */
export function pointed(value: unknown, pointer: string): unknown {
  let at = value;
  for (const key of pointer.split('/').slice(1).map(unescape)) at = member(at, key);
  return at;
}

/** Where two values differ, as pointers to the smallest parts that do. A member that is undefined is not there. */
export function differing(one: unknown, other: unknown, at = ''): string[] {
  if (Object.is(one, other)) return [];
  if (!isHolder(one) || !isHolder(other) || Array.isArray(one) !== Array.isArray(other)) return [at];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => differing(member(one, key), member(other, key), `${at}/${escape(key)}`));
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function member(value: unknown, key: string): unknown {
  return isHolder(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function escape(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}
