import { describe, expect, it } from 'vitest';
import { structuredText } from './structured.js';

describe('the text of a document that is hashed', () => {
  it.each([
    ['{"b":1,"a":[1.50,-0,1E5,12345678901234567890]}', '{"a":[1.50,-0,1E5,12345678901234567890],"b":1}'],
    [' [ ] ', '[]'],
    ['{ }', '{}'],
    ['"<\\u2028\\/\\u0007\\ud800\\b>"', '"<\\u2028/\\u0007\ufffd\\b>"'],
    // U+FF41 comes before U+1D41A by bytes, and after it by UTF-16 units.
    ['{"\u{1d41a}":1,"\uff41":2}', '{"\uff41":2,"\u{1d41a}":1}'],
    ['{"__proto__":1}', '{"__proto__":1}'],
  ])('of %s is %s', (text, expected) => {
    expect(structuredText(Buffer.from(text))).toBe(expected);
  });

  it.each([
    '',
    '{',
    '{"a":1,}',
    '[1 2]',
    '01',
    '1 2',
    '{"a":1,"a":2}',
    '"\n"',
    'nul',
    '{a:1}',
    '['.repeat(600),
    '\ufeff{}',
  ])('of %j is not there', (text) => {
    expect(() => structuredText(Buffer.from(text))).toThrow();
  });

  it('of bytes that are no text is not there', () => {
    expect(() => structuredText(Buffer.from([0x22, 0xff, 0x22]))).toThrow('UTF-8');
  });
});
