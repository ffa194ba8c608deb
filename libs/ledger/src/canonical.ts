import { hash } from 'node:crypto';

// RFC 8785 (JCS). One value has exactly one text, so that the text can be hashed, evaluated and stored as it is.

/**
 * The canonical text of a JSON value. Throws a RangeError for what JSON cannot carry exactly: NaN, infinities, lone
 * surrogates, and anything that is not JSON. Members that are undefined are left out.
 */
export function canonicalize(value: unknown): string {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('a number is not finite');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`;
  if (typeof value === 'object') {
    const members = value as Record<string, unknown>;
    const parts: string[] = [];
    for (const key of Object.keys(members).sort()) {
      if (members[key] !== undefined) parts.push(`${quote(key)}:${canonicalize(members[key])}`);
    }
    return `{${parts.join(',')}}`;
  }
  throw new RangeError(`a ${typeof value} is not JSON`);
}

/** A JSON string literal. Throws a RangeError on a lone surrogate, which has no UTF-8 form. */
export function quote(text: string): string {
  if (!text.isWellFormed()) throw new RangeError('a string holds a lone surrogate');
  return JSON.stringify(text);
}

/** base64url SHA-256 of a text's UTF-8 bytes, without padding. */
export function digestOf(text: string | Buffer): string {
  return hash('sha256', text, 'base64url');
}
