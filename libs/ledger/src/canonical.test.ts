import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCanonicalObject } from './canonical-scan.js';
import { canonicalize, digestOf, quote } from './canonical.js';

describe('canonical text', () => {
  it('is the example of RFC 8785, section 3.2.3, to the byte', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\/',
      literals: [null, true, false],
    };
    expect(canonicalize(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('orders names by UTF-16 units, as the RFC does: not by code points, not by any language', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const text = canonicalize(Object.fromEntries(names.map((name) => [name, 0])));
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      '1',
      '\r',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\ud83d\ude00',
      '\ufb33',
    ]);
  });

  it('has one zero, and leaves out what is undefined', () => {
    expect(canonicalize({ a: -0, b: undefined, c: [0] })).toBe('{"a":0,"c":[0]}');
  });

  it.each<[string, unknown, string]>([
    ['not a number', { a: NaN }, 'a number is not finite'],
    ['infinity', [Infinity], 'a number is not finite'],
    ['a lone surrogate in a value', { a: '\ud800' }, 'a string holds a lone surrogate'],
    ['a lone surrogate in a name', { '\udc00': 1 }, 'a string holds a lone surrogate'],
    ['undefined alone', undefined, 'a undefined is not JSON'],
    ['a function', { a: () => 1 }, 'a function is not JSON'],
    ['a bigint', [1n], 'a bigint is not JSON'],
  ])('refuses what JSON cannot carry: %s', (_, value, message) => {
    expect(() => canonicalize(value)).toThrow(new RangeError(message));
  });

  it('equal values have one text and different values have two', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (one, other) => {
        const [a, b] = [JSON.parse(one) as unknown, JSON.parse(other) as unknown];
        const shuffled = reversed(a);
        expect(canonicalize(shuffled)).toBe(canonicalize(a));
        expect(canonicalize(JSON.parse(canonicalize(a)))).toBe(canonicalize(a));
        if (canonicalize(a) === canonicalize(b)) expect(sorted(a)).toEqual(sorted(b));
      }),
    );
  });

  it('its digest is SHA-256 over UTF-8, in base64url', () => {
    expect(digestOf('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
    expect(digestOf('é')).toBe(digestOf(Buffer.from([0xc3, 0xa9])));
    expect(quote('é')).toBe('"é"');
  });
});

describe('seeing in one pass that a text is canonical', () => {
  it.each([
    '{}',
    '{"a":1}',
    '{"a":[],"b":[1,2],"c":{"d":null}}',
    '{"a":true,"b":false}',
    '{"a":-1,"b":0,"c":0.5,"d":1.5e-300,"e":1e-7,"f":123456789012345,"g":9007199254740991}',
    '{"":"","\\n":"\\u000f","\\"":"\\\\"}',
    '{"😀":"😀"}',
    `{"a":${'['.repeat(63)}${']'.repeat(63)}}`,
  ])('%s is', (text) => expect(isCanonicalObject(text)).toBe(true));

  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['a text', '"a"'],
    ['text behind it', '{}x'],
    ['a space', '{"a": 1}'],
    ['names out of order', '{"b":1,"a":2}'],
    ['a name twice', '{"a":1,"a":2}'],
    ['a name twice, once escaped', '{"a\\n":1,"a\\u000a":2}'],
    ['escaped names out of order', '{"\\n":1,"\\b":2}'],
    ['a name that is none', '{a:1}'],
    ['an unclosed name', '{"a'],
    ['a name without a value', '{"a"}'],
    ['a name with nothing behind it', '{"a":'],
    ['no comma', '{"a":1"b":2}'],
    ['an unclosed object', '{"a":1'],
    ['an unclosed object after a fraction', '{"a":1.5'],
    ['an unclosed list', '{"a":[1'],
    ['a bad element', '{"a":[x]}'],
    ['a list without a comma', '{"a":[1 2]}'],
    ['true misspelt', '{"a":trUe}'],
    ['false misspelt', '{"a":fAlse}'],
    ['null misspelt', '{"a":nUll}'],
    ['an escape that is not needed', '{"a":"\\u0041"}'],
    ['an escaped slash', '{"a":"\\/"}'],
    ['an escape that is none', '{"a":"\\x"}'],
    ['an escaped lone surrogate', '{"a":"\\ud800"}'],
    ['a raw control character', '{"a":"\u0001"}'],
    ['a raw lone high surrogate', '{"a":"\ud800x"}'],
    ['a raw lone low surrogate', '{"a":"\udc00"}'],
    ['a high surrogate at the end', '{"a":"\ud800'],
    ['two high surrogates', '{"a":"\ud800\ud800"}'],
    ['a high surrogate before a letter from behind the low ones', '{"a":"\ud800\uffee"}'],
    ['a leading zero', '{"a":01}'],
    ['minus zero', '{"a":-0}'],
    ['minus zero with a fraction', '{"a":-0.0}'],
    ['minus alone', '{"a":-}'],
    ['a needless fraction', '{"a":1.0}'],
    ['a needless exponent', '{"a":1e3}'],
    ['a capital exponent', '{"a":1E+30}'],
    ['infinity', '{"a":1e999}'],
    ['a number with two points', '{"a":1.2.3}'],
    ['an integer beyond 2^53', '{"a":9007199254740993}'],
    ['another integer beyond 2^53', '{"a":9007199254740992}'],
    ['nested too deep in lists', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`],
    ['nested too deep in objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
  ])('%s is not', (_, text) => expect(isCanonicalObject(text)).toBe(false));

  it('says yes only to what canonicalising would give back, and to all of that', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
        const text = canonicalize(value);
        expect(isCanonicalObject(text)).toBe(isPlain(value));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0a1.-e+tn') }), (text) => {
        if (isCanonicalObject(`{${text}}`)) expect(canonicalize(JSON.parse(`{${text}}`))).toBe(`{${text}}`);
      }),
      { numRuns: 20_000 },
    );
  });
});

/** Whether a value is within what requests may carry: integers that are exact. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isPlain);
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

/** The same value with every -0 as 0, which is the one JSON text there is for both. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, sorted(member)]));
}
