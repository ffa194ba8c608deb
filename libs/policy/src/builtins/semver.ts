import type { Builtins } from '../wasm/host.js';
import { compareTexts } from '../wasm/value.js';
import { refuse, textOf } from './operands.js';

export const SEMVER_BUILTINS: Builtins = {
  'semver.is_valid': (text) => typeof text === 'string' && parse(text) !== undefined,
  'semver.compare': (left, right) => compare(parse(textOf(left)) ?? refuse(), parse(textOf(right)) ?? refuse()),
};

interface Version {
  core: bigint[];
  preRelease: string;
}

const IDENTIFIERS = /^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/;
const LARGEST = (1n << 63n) - 1n;

function parse(text: string): Version | undefined {
  const [unbuilt, build] = cut(text.replace(/^v/, ''), '+');
  if (build !== undefined && !IDENTIFIERS.test(build)) return undefined;
  const [numbers, preRelease] = cut(unbuilt, '-');
  if (preRelease !== undefined && !isPreRelease(preRelease)) return undefined;
  const core = numbers.split('.');
  if (core.length !== 3 || !core.every((part) => /^(0|[1-9]\d*)$/.test(part))) return undefined;
  const values = core.map(BigInt);
  return values.some((value) => value > LARGEST) ? undefined : { core: values, preRelease: preRelease ?? '' };
}

function isPreRelease(text: string): boolean {
  return IDENTIFIERS.test(text) && text.split('.').every((part) => !/^0\d+$/.test(part));
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function compare(a: Version, b: Version): number {
  for (const [i, part] of a.core.entries()) if (part !== b.core[i]) return part < b.core[i]! ? -1 : 1;
  if (a.preRelease === b.preRelease) return 0;
  // A version without a pre-release part comes after all that have one.
  if (a.preRelease === '' || b.preRelease === '') return a.preRelease === '' ? 1 : -1;
  return comparePreReleases(a.preRelease.split('.'), b.preRelease.split('.'));
}

function comparePreReleases(a: string[], b: string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i]!, b[i]!];
    const [xNumeric, yNumeric] = [x, y].map((part) => /^\d+$/.test(part));
    if (xNumeric !== yNumeric) return xNumeric ? -1 : 1;
    const order = xNumeric ? Number(saturated(x) - saturated(y)) : compareTexts(x, y);
    if (order !== 0) return order < 0 ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

const saturated = (digits: string) => (BigInt(digits) > LARGEST ? LARGEST : BigInt(digits));
