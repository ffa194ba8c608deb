import { canonicalize } from './canonical.js';

// What the ledger understands of an event: its envelope, never its data. One function reads it for the writer, which turns
// away what does not conform, and for the verifier, which believes no column beside the bytes.

export interface EventFields {
  id: string;
  type: string;
  /** RFC 3339, UTC. */
  at: string;
  decisionId: string;
  /** Number of the event within its decision, from 1. */
  version: number;
  source: string;
  /** Number of the event at its source, from 1, without gaps. */
  seq: number;
  /** base64url SHA-256 of the event before it at the same source; empty for the first. */
  prev: string;
}

/** A leaf longer than this has no place in a tlog-tiles entry bundle, which counts its bytes in 16 bits. */
export const LONGEST_BODY = 65_535;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** The envelope of exact event bytes, or why they are none. Never throws: the bytes may be anybody's. */
export function readEvent(body: Uint8Array): EventFields | { problem: string } {
  if (body.length > LONGEST_BODY) return { problem: `longer than ${LONGEST_BODY} bytes` };
  let value: unknown;
  try {
    const text = UTF8.decode(body);
    value = JSON.parse(text);
    if (canonicalize(value) !== text) return { problem: 'not canonical JSON' };
  } catch {
    return { problem: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'not an object' };
  const event = value as Record<string, unknown>;
  const wrong = Object.keys(MEMBERS).find((name) => !MEMBERS[name]!(event[name]));
  if (wrong !== undefined) return { problem: `"${wrong}" is missing or malformed` };
  const { id, type, at, version, source, seq, prev } = event as unknown as EventFields;
  return { id, type, at, decisionId: event.decision_id as string, version, source, seq, prev };
}

const MEMBERS: Record<string, (value: unknown) => boolean> = {
  v: (value) => value === 1,
  id: matches(/^[a-z]+_[0-9A-Za-z_-]{1,80}$/),
  type: matches(/^[a-z_]+(\.[a-z_]+)+$/),
  at: (value) => matches(AT)(value) && !Number.isNaN(Date.parse(value as string)),
  // No control characters: these end up in columns, logs and terminals.
  decision_id: matches(/^[^\p{Cc}]{1,256}$/u),
  source: matches(/^[^\p{Cc}]{1,256}$/u),
  version: isCount,
  seq: isCount,
  prev: matches(/^([A-Za-z0-9_-]{43})?$/),
  data: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

function matches(pattern: RegExp) {
  return (value: unknown): boolean => typeof value === 'string' && pattern.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
