import { MAX_DEPTH } from './strict-json.js';

// Most callers send canonical text already. Seeing that in one pass, without building a value, is what makes the exact form
// the fast one. A "no" only means "take the slow path": the scanner refuses nothing and accepts nothing that is not canonical.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** True if the text is the RFC 8785 form of a JSON object, with safe integers, unique members and bounded nesting. */
export function isCanonicalObject(text: string): boolean {
  if (text.charCodeAt(0) !== 0x7b) return false;
  return value(text, 0, 1) === text.length;
}

/** The offset behind the value that starts at `at`, or -1. */
function value(text: string, at: number, depth: number): number {
  const char = text.charCodeAt(at);
  if (char === QUOTE) return string(text, at);
  if (char === 0x7b) return object(text, at, depth);
  if (char === 0x5b) return array(text, at, depth);
  if (char === 0x74) return text.startsWith('true', at) ? at + 4 : -1;
  if (char === 0x66) return text.startsWith('false', at) ? at + 5 : -1;
  if (char === 0x6e) return text.startsWith('null', at) ? at + 4 : -1;
  return number(text, at);
}

function object(text: string, start: number, depth: number): number {
  if (depth > MAX_DEPTH) return -1;
  let at = start + 1;
  if (text.charCodeAt(at) === 0x7d) return at + 1;
  let previous: string | undefined;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return -1;
    const end = string(text, at);
    if (end < 0) return -1;
    const raw = text.slice(at + 1, end - 1);
    // Order is by UTF-16 units of the unescaped name; strictly ascending also means unique.
    const name = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    if (previous !== undefined && !(previous < name)) return -1;
    previous = name;
    if (text.charCodeAt(end) !== 0x3a) return -1;
    at = value(text, end + 1, depth + 1);
    if (at < 0) return -1;
    const next = text.charCodeAt(at);
    if (next === 0x7d) return at + 1;
    if (next !== 0x2c) return -1;
    at++;
  }
}

function array(text: string, start: number, depth: number): number {
  if (depth > MAX_DEPTH) return -1;
  let at = start + 1;
  if (text.charCodeAt(at) === 0x5d) return at + 1;
  for (;;) {
    at = value(text, at, depth + 1);
    if (at < 0) return -1;
    const next = text.charCodeAt(at);
    if (next === 0x5d) return at + 1;
    if (next !== 0x2c) return -1;
    at++;
  }
}

function string(text: string, start: number): number {
  let escaped = false;
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = at + 1;
      return escaped && !isCanonicalString(text.slice(start, end)) ? -1 : end;
    }
    if (char < 0x20) return -1;
    if (char === BACKSLASH) {
      escaped = true;
      at++;
    } else if (char >= 0xd800 && char <= 0xdfff) {
      if (char > 0xdbff) return -1;
      const low = text.charCodeAt(at + 1);
      if (!(low >= 0xdc00 && low <= 0xdfff)) return -1;
      at++;
    }
  }
  return -1;
}

/** Escapes are rare, so they are checked by the platform's own reader and writer. */
function isCanonicalString(raw: string): boolean {
  try {
    const text = JSON.parse(raw) as string;
    return text.isWellFormed() && JSON.stringify(text) === raw;
  } catch {
    return false;
  }
}

function number(text: string, start: number): number {
  let at = start;
  if (text.charCodeAt(at) === 0x2d) at++;
  const digits = at;
  while (isDigit(text.charCodeAt(at))) at++;
  const count = at - digits;
  if (count === 0) return -1;
  const next = text.charCodeAt(at);
  if (next !== 0x2e && next !== 0x65 && next !== 0x45 && count <= 15) {
    // A plain integer of up to 15 digits: canonical unless it has a leading zero or is "-0".
    const zero = text.charCodeAt(digits) === 0x30;
    return zero && (count > 1 || digits > start) ? -1 : at;
  }
  while (/[0-9.eE+-]/.test(text[at] ?? '')) at++;
  const raw = text.slice(start, at);
  const parsed = Number(raw);
  if (!Number.isFinite(parsed) || String(parsed) !== raw || Object.is(parsed, -0)) return -1;
  return Number.isInteger(parsed) && !Number.isSafeInteger(parsed) ? -1 : at;
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}
