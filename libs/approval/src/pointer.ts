// JSON pointers (RFC 6901) into plain data.

/** What a pointer names, by own members only: never by what every object or list inherits. */
export function pointed(value: unknown, pointer: string): unknown {
  let at = value;
  for (const key of segmentsOf(pointer)) at = ownMember(at, key);
  return at;
}

/** Where two values differ, as pointers to the smallest parts that do. A member that is undefined is not there. */
export function differing(one: unknown, other: unknown, at = ''): string[] {
  if (Object.is(one, other)) return [];
  if (!isHolder(one) || !isHolder(other) || Array.isArray(one) !== Array.isArray(other)) return [at];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => differing(ownMember(one, key), ownMember(other, key), `${at}/${escaped(key)}`));
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The names in a pointer, in their order. */
export function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A name as a pointer has it. */
export function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A member by its own name only: never by what every object or list inherits, and "length" is no element. */
export function ownMember(value: unknown, key: string): unknown {
  if (!isHolder(value) || !Object.hasOwn(value, key)) return undefined;
  if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
