import { hash } from 'node:crypto';
import { CLOCK_BUILTINS } from './clock-builtins.js';

// Builtins of Rego that the WASM module leaves to its host. Only pure ones: a decision must be the same when it is replayed.
// None may throw, for a throw aborts the whole evaluation and costs the instance; `undefined` is how Rego hears of bad
// operands.

/** Provided by the opa-wasm package itself; it does not let them be replaced. */
export const PROVIDED_BUILTINS: ReadonlySet<string> = new Set([
  'json.is_valid',
  'regex.split',
  'sprintf',
  'yaml.is_valid',
  'yaml.marshal',
  'yaml.unmarshal',
]);

type Builtin = (...operands: unknown[]) => unknown;

const TEXT: Record<string, Builtin> = {
  'strings.any_prefix_match': (given, prefixes) => anyMatch(given, prefixes, (text, part) => text.startsWith(part)),
  'strings.any_suffix_match': (given, suffixes) => anyMatch(given, suffixes, (text, part) => text.endsWith(part)),
  'strings.count': (text, part) => {
    if (typeof text !== 'string' || typeof part !== 'string') return undefined;
    return part === '' ? [...text].length + 1 : text.split(part).length - 1;
  },
  'hex.encode': (text) => encode(text, 'utf8', 'hex'),
  'crypto.sha256': (text) => (typeof text === 'string' ? hash('sha256', text, 'hex') : undefined),
  'crypto.sha1': (text) => (typeof text === 'string' ? hash('sha1', text, 'hex') : undefined),
  'base64url.encode_no_pad': (text) => encode(text, 'utf8', 'base64url'),
  'urlquery.encode': (text) =>
    typeof text === 'string' ? new URLSearchParams({ q: text }).toString().slice(2) : undefined,
};

const COLLECTIONS: Record<string, Builtin> = {
  'object.subset': (whole, part) => isSubset(whole, part),
  'array.flatten': (given) => (Array.isArray(given) ? given.flat() : undefined),
  'numbers.range_step': (from, to, step) => range(from, to, step),
};

const VERSIONS: Record<string, Builtin> = {
  'semver.is_valid': (given) => parseVersion(given) !== undefined,
  'semver.compare': (left, right) => {
    const [a, b] = [parseVersion(left), parseVersion(right)];
    return a && b ? compareVersions(a, b) : undefined;
  },
};

/** All of them, each wrapped so that nothing it throws gets into the module. */
export const BUILTINS: Record<string, Builtin> = Object.fromEntries(
  Object.entries({ ...TEXT, ...COLLECTIONS, ...VERSIONS, ...CLOCK_BUILTINS }).map(([name, builtin]) => [
    name,
    calm(builtin),
  ]),
);

function calm(builtin: Builtin): Builtin {
  return (...operands) => {
    try {
      const result = builtin(...operands);
      return typeof result === 'number' && !Number.isFinite(result) ? undefined : result;
    } catch {
      return undefined;
    }
  };
}

function anyMatch(
  given: unknown,
  parts: unknown,
  matches: (text: string, part: string) => boolean,
): boolean | undefined {
  const texts = Array.isArray(given) ? given : [given];
  const candidates = Array.isArray(parts) ? parts : [parts];
  if (![...texts, ...candidates].every((one) => typeof one === 'string')) return undefined;
  return texts.some((text: string) => candidates.some((part: string) => matches(text, part)));
}

function encode(text: unknown, from: 'utf8', to: 'hex' | 'base64url'): string | undefined {
  return typeof text === 'string' ? Buffer.from(text, from).toString(to) : undefined;
}

// Sets cross into the host as arrays, so an array stands for either: its members are looked for in any order.
function isSubset(whole: unknown, part: unknown): boolean {
  if (Array.isArray(whole) && Array.isArray(part))
    return part.every((one) => whole.some((other) => isEqual(one, other)));
  if (isRecord(whole) && isRecord(part)) {
    return Object.entries(part).every(([key, value]) => {
      if (!Object.hasOwn(whole, key)) return false;
      const nested = isRecord(value) || Array.isArray(value);
      return nested ? isSubset(whole[key], value) : whole[key] === value;
    });
  }
  return false;
}

function isEqual(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((one, i) => isEqual(one, right[i]));
  }
  if (isRecord(left) && isRecord(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
    );
  }
  return left === right;
}

function isRecord(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function range(from: unknown, to: unknown, step: unknown): number[] | undefined {
  if (!Number.isInteger(from) || !Number.isInteger(to) || !Number.isInteger(step)) return undefined;
  const [first, last, by] = [from as number, to as number, step as number];
  const length = Math.floor(Math.abs(last - first) / by) + 1;
  if (by < 1 || length > 100_000) return undefined;
  return Array.from({ length }, (_, i) => first + Math.sign(last - first) * i * by);
}

interface Version {
  core: number[];
  pre: string[];
}

function parseVersion(given: unknown): Version | undefined {
  const match =
    typeof given === 'string' ? /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:-([\w.-]+))?(?:\+[\w.-]+)?$/.exec(given) : null;
  return match ? { core: match.slice(1, 4).map(Number), pre: match[4]?.split('.') ?? [] } : undefined;
}

function compareVersions(a: Version, b: Version): number {
  const byCore = a.core.map((part, i) => Math.sign(part - (b.core[i] ?? 0))).find((sign) => sign !== 0);
  if (byCore) return byCore;
  // A version without a pre-release part comes after all that have one.
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length) || 0;
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (x === y) continue;
    const numeric = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (numeric[0] && numeric[1]) return Math.sign(Number(x) - Number(y));
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
