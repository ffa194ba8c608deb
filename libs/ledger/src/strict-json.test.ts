import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalize } from './canonical.js';
import { isCanonicalObject } from './canonical-scan.js';
import { JsonProblem, parseStrict } from './strict-json.js';

const problem = (text: string) => {
  try {
    parseStrict(text);
    return 'taken';
  } catch (error) {
    if (error instanceof JsonProblem) return error.what;
    throw error;
  }
};

describe('strict JSON', () => {
  it.each([
    ['{"a":1,"a":2}', 'a duplicate member'],
    ['{"a":1,"\\u0061":2}', 'a duplicate member'],
    ['{"id":9007199254740993}', 'an integer beyond 2^53: write it as a string'],
    ['{"id":1e300}', 'an integer beyond 2^53: write it as a string'],
    ['{"x":1e999}', 'a number out of range'],
    ['{"x":"\\ud800"}', 'a lone surrogate'],
    ['{"x":"\ud800"}', 'a lone surrogate'],
    ['['.repeat(65) + ']'.repeat(65), 'nesting deeper than 64'],
    ['{"a":1} x', 'text after the value'],
    ['{"a":01}', 'a comma or } is expected'],
    ['{"a":"\n"}', 'a string is not closed or holds a bad escape'],
    ['{a:1}', 'a member name is expected'],
    ['{"a" 1}', 'a colon is expected'],
    ['[1 2]', 'a comma or ] is expected'],
    ['nul', 'a value is expected'],
    ['', 'a value is expected'],
  ])('refuses %s', (text, what) => expect(problem(text)).toBe(what));

  it('keeps a member called __proto__ a plain member', () => {
    const value = parseStrict('{"__proto__":{"admin":true}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(canonicalize(value)).toBe('{"__proto__":{"admin":true}}');
  });

  it('reads every JSON value as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, noUnicodeString: false }), (text) => {
        const value = JSON.parse(text) as unknown;
        if (problem(text) === 'taken') expect(parseStrict(text)).toEqual(value);
      }),
    );
  });

  it('refuses random text without crashing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void problem(text)));
  });
});

describe('the canonical scanner', () => {
  it('accepts what the canonicaliser writes, and nothing else, for any JSON object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), fc.boolean(), (members, indent) => {
        const text = indent ? JSON.stringify(members, null, 1) : JSON.stringify(members);
        let canonical: string;
        try {
          canonical = canonicalize(parseStrict(text));
        } catch {
          expect(isCanonicalObject(text)).toBe(false);
          return;
        }
        expect(isCanonicalObject(canonical)).toBe(true);
        expect(isCanonicalObject(text)).toBe(text === canonical);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":-0}',
    '{"a":01}',
    '{"a":1.0}',
    '{"a":1E2}',
    '{"a":"\\u0041"}',
    '{"a":9007199254740993}',
    '{"a":1}}',
    '[]',
    '{"a":"\\/"}',
    `{"a":${'['.repeat(64)}${']'.repeat(64)}}`,
  ])('sends %s the slow way', (text) => expect(isCanonicalObject(text)).toBe(false));
});
