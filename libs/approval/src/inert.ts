// Text written by an agent, a user or a database is shown, never interpreted. Characters that hide, reorder or imitate are
// made visible, so that what a person reads is what there is.

/**
 * Control, format, private-use and unassigned characters, everything Unicode lets a renderer ignore, separators and spaces
 * other than the plain one, fillers that draw nothing, and marks that strike out or enclose. Newline and tab are handled apart.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u0334-\u0338\u20D0-\u20FF\u{16FE4}\u{1D159}]|(?! )\p{Zs}/gu;

/** Marks with no letter under them, and stacks of them: they would draw over their neighbours, our own words included. */
const LOOSE_MARKS = /(?<![\p{L}\p{M}\p{N}\p{So}])\p{M}+|(?<=\p{M}{4})\p{M}+/gu;

/** In a word with Latin letters, letters that pass for them: "pаypal" with a Cyrillic а. */
const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
const LATIN = /\p{Script=Latin}/u;
const LOOKALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/gu;

/** Enough to push what follows out of sight. */
const SPACES = / {24,}/g;
const LINES = /\n{4,}/g;
const TABS = /\t{9,}/g;

/**
 * The text with every hidden character written as its code point: "⟨U+202E⟩". Newlines and tabs stay unless `oneLine`, but
 * not by the dozen: "⟨300 line breaks⟩".
 */
export function visible(text: string, options: { oneLine?: boolean } = {}): string {
  const shown = text
    .toWellFormed()
    .replace(HIDDEN, (char) => (char === '\n' || char === '\t' ? char : codePoints(char)))
    .replace(LOOSE_MARKS, codePoints)
    .replace(WORD, (word) => (LATIN.test(word) ? word.replace(LOOKALIKE, codePoints) : word))
    .replace(SPACES, (run) => ` ⟨${run.length} spaces⟩ `)
    .replace(TABS, (run) => ` ⟨${run.length} tabs⟩ `)
    .replace(LINES, (run) => `\n⟨${run.length} line breaks⟩\n`);
  return options.oneLine ? shown.replaceAll('\n', ' ⏎ ').replaceAll('\t', ' ') : shown;
}

function codePoints(text: string): string {
  return [...text].map((char) => `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`).join('');
}

/** Whether a reason is none: nothing in it would be seen. */
export function saysNothing(text: string | undefined): boolean {
  return !text || text.toWellFormed().replace(HIDDEN, '').replace(LOOSE_MARKS, '').trim() === '';
}

/**
 * At most `max` characters of visible text on one line. A cut keeps head and tail, because the dangerous part is often the
 * last one, and says how much is missing.
 */
export function inert(text: string, max: number): string {
  return cut(visible(text, { oneLine: true }), max);
}

/** Like `inert`, for a block of several lines. */
export function inertBlock(text: string, max: number): string {
  return cut(visible(text), max);
}

/** At most `max` characters, unless `max` is too small to say what is missing. */
export function cut(text: string, max: number): string {
  const chars = [...text];
  if (chars.length <= max) return text;
  const note = (missing: number) =>
    ` … ${groupDigits(missing)} of ${groupDigits(chars.length)} characters not shown … `;
  // The note is made for the largest number it could name, so that naming the true one needs no more room.
  const room = Math.max(2, max - note(chars.length).length);
  const tail = Math.max(1, Math.floor(room / 3));
  return chars.slice(0, room - tail).join('') + note(chars.length - room) + chars.slice(chars.length - tail).join('');
}

/** 12480 as "12,480". Takes what a number looks like; a long text would be slow, so callers bound it. */
export function groupDigits(value: number | string): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Like `groupDigits`, for a number that may have a fraction. */
export function groupNumber(value: number | string): string {
  const [whole, fraction] = String(value).split('.');
  return groupDigits(whole!) + (fraction ? `.${fraction}` : '');
}
