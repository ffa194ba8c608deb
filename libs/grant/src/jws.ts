import { JsonProblem, parseStrict } from '@countersign/ledger';

/** A compact JWS (RFC 7515) taken apart. Nothing in it is believed yet. */
export interface Jws {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
  /** The bytes that the signature is over. */
  signed: Buffer;
  signature: Buffer;
}

/**
 * Takes a JWS apart, or says what is wrong with it. One token has one spelling: base64url must be canonical, without padding
 * and without stray bits at its end, and JSON without duplicate members, or two readers could read two things, and a list of
 * used tokens could be walked around by spelling one anew.
 */
export function parseJws(text: string, longest: number): Jws | { problem: string } {
  if (text.length > longest) return { problem: `it is longer than ${longest} characters` };
  const parts = text.split('.');
  if (parts.length !== 3) return { problem: 'it is not a compact JWS: three parts with dots between are expected' };
  const [head, body, tail] = parts as [string, string, string];
  const [header, payload, signature] = [bytesOf(head), bytesOf(body), bytesOf(tail)];
  if (!header || !payload || !signature) return { problem: 'a part of it is not canonical base64url' };
  try {
    return {
      header: objectOf(header),
      payload: objectOf(payload),
      signed: Buffer.from(`${head}.${body}`),
      signature,
    };
  } catch (error) {
    if (error instanceof JsonProblem) return { problem: `its JSON is not what we take: ${error.message}` };
    if (error instanceof TypeError) return { problem: 'a part of it is not UTF-8' };
    throw error;
  }
}

/** The bytes of canonical base64url, which is not empty; undefined for any other spelling. */
export function bytesOf(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

const MOST_NESTING = 16;

function objectOf(bytes: Buffer): Record<string, unknown> {
  const value = parseStrict(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), MOST_NESTING);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new JsonProblem('not an object', 0);
}
