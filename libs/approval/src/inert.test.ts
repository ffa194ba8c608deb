import { describe, expect, it } from 'vitest';
import { cut, groupDigits, inert, inertBlock, saysNothing, visible } from './inert.js';

describe('what would be hidden is shown', () => {
  it.each([
    ['a right-to-left override', 'pay\u202Efdp.exe', 'pay⟨U+202E⟩fdp.exe'],
    ['an isolate', 'a\u2066b\u2069', 'a⟨U+2066⟩b⟨U+2069⟩'],
    ['a zero-width space', 'or\u200Bders', 'or⟨U+200B⟩ders'],
    ['a soft hyphen', 'or\u00ADders', 'or⟨U+00AD⟩ders'],
    ['an ANSI sequence', '\u001b[8mhidden\u001b[0m', '⟨U+001B⟩[8mhidden⟨U+001B⟩[0m'],
    ['a carriage return', 'drop\rkeep', 'drop⟨U+000D⟩keep'],
    ['a null', 'a\0b', 'a⟨U+0000⟩b'],
    ['a space that is none', 'a\u00A0b\u2003c\u3000d', 'a⟨U+00A0⟩b⟨U+2003⟩c⟨U+3000⟩d'],
    ['a blank letter', 'a\u3164b\u2800c', 'a⟨U+3164⟩b⟨U+2800⟩c'],
    ['a tag spelling an order', 'ok\u{E0064}\u{E007F}', 'ok⟨U+E0064⟩⟨U+E007F⟩'],
    ['a variation selector carrying bytes', 'a\uFE00\u{E0101}', 'a⟨U+FE00⟩⟨U+E0101⟩'],
    ['a line separator', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['a private character', '\uE000', '⟨U+E000⟩'],
    ['a lone surrogate', 'a\ud800b', 'a\uFFFDb'],
    ['a Cyrillic letter in a Latin word', 'p\u0430ypal', 'p⟨U+0430⟩ypal'],
    ['a Greek letter in a Latin word', 'prod.\u03BFrders', 'prod.⟨U+03BF⟩rders'],
    ['a stroke through a digit', '9\u0336000', '9⟨U+0336⟩000'],
    ['a mark that would change our own label', '\u0301x', '⟨U+0301⟩x'],
    ['a tower of marks', `a${'\u0301'.repeat(6)}`, `a${'\u0301'.repeat(4)}⟨U+0301⟩⟨U+0301⟩`],
    ['a gap to push the rest out of sight', `a${' '.repeat(600)}DROP`, 'a ⟨600 spaces⟩ DROP'],
    ['a tab stop too many', `a${'\t'.repeat(20)}b`, 'a ⟨20 tabs⟩ b'],
    ['a flood of newlines', `a${'\n'.repeat(999)}b`, 'a ⏎ ⟨999 line breaks⟩ ⏎ b'],
    ['a newline', 'a\nb\tc', 'a ⏎ b c'],
  ])('%s', (_, text, shown) => expect(inert(text, 200)).toBe(shown));

  it.each([
    'DELETE FROM orders\n  WHERE a < 1',
    'Привет, мир',
    'Καλημέρα',
    'ありがとう Slackチャンネル',
    'Žluťoučký kůň',
    'שלום',
    '👍 ok',
  ])('honest text stays as it is: %s', (text) => expect(visible(text)).toBe(text));

  it('no character that Unicode lets a renderer ignore, and no space but the plain one, passes: all there are are tried', () => {
    const draws = /^[\p{L}\p{N}\p{P}\p{S}\p{M}]$/u;
    const ignorable = /^[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Bidi_Control}]$/u;
    const passed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      // Planes 4 to 13 are empty and 15 and 16 are private: the beginning of each stands for it.
      if (code >= 0x40000 && code >> 16 !== 14 && (code & 0xffff) > 0xff) continue;
      const char = String.fromCodePoint(code);
      const shown = visible(`x${char}`);
      if (shown === `x${char}` && (ignorable.test(char) || !draws.test(char))) passed.push(code.toString(16));
    }
    expect(passed).toEqual(['9', 'a', '20']);
  });

  it('what was made visible is inert', () => {
    const hostile = '\u202E\u200B\u001b[8m<!channel> **x** \u0430b\n\n\n\n\n';
    expect(visible(visible(hostile))).toBe(visible(hostile));
  });
});

describe('a cut is seen', () => {
  it.each([60, 80, 120, 500, 700])('100 KB in %d characters keep head and tail and say what is missing', (max) => {
    const text = `HEAD${'x'.repeat(100_000)}TAIL`;
    const shown = inert(text, max);
    expect(shown.length).toBeLessThanOrEqual(max);
    expect(shown.startsWith('HEAD')).toBe(true);
    expect(shown.endsWith('TAIL')).toBe(true);
    const [, missing] = /… ([\d,]+) of 100,008 characters not shown …/.exec(shown)!;
    const kept = shown.replace(/ … .* … /, '').length;
    expect(Number(missing!.replaceAll(',', ''))).toBe(100_008 - kept);
  });

  it('text that fits is not touched, to the last character', () => {
    expect(inert('x'.repeat(60), 60)).toBe('x'.repeat(60));
    expect(inert('x'.repeat(61), 60)).not.toBe('x'.repeat(61));
  });

  it('no character is split, and too little room still leaves both ends', () => {
    expect(inertBlock('😀'.repeat(100), 60)).toMatch(/^(😀)+ … \d+ of 100 characters not shown … (😀)+$/u);
    expect(cut('abcdefghij', 3)).toBe('a … 8 of 10 characters not shown … j');
  });

  it('100 KB of anything is quick', () => {
    const started = performance.now();
    for (const piece of ['\u202E', ' ', '\n', 'a', '\u0430', '\u0301', 'a\u0430', '1', '\t', ' \n']) {
      inert(piece.repeat(100_000), 120);
      saysNothing(piece.repeat(100_000));
    }
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [-123456, '-123,456'],
    ['12480', '12,480'],
  ])('%s is read as %s', (value, text) => expect(groupDigits(value)).toBe(text));
});
