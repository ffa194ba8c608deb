// Text written by an agent, a user or a database is shown, never interpreted. Characters that hide, reorder or imitate are
// made visible, so that what a person reads is what there is.

/**
 * Control, format, private-use and unassigned characters, line and paragraph separators, other spaces than the plain one,
 * and the combining and filler characters that draw nothing. Newline and tab are handled apart.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0]|[\u{E0100}-\u{E01EF}]/gu;

/** The text with every hidden character written as its code point: "⟨U+202E⟩". Newlines and tabs stay unless `oneLine`. */
export function visible(text: string, options: { oneLine?: boolean } = {}): string {
  return text.toWellFormed().replace(HIDDEN, (char) => {
    if (char === '\n') return options.oneLine ? ' ⏎ ' : '\n';
    if (char === '\t') return options.oneLine ? ' ' : '\t';
    return `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
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

function cut(text: string, max: number): string {
  const chars = [...text];
  if (chars.length <= max) return text;
  const note = ` … ${groupDigits(chars.length - max)} of ${groupDigits(chars.length)} characters not shown … `;
  const room = Math.max(2, max - note.length);
  const tail = Math.floor(room / 3);
  return chars.slice(0, room - tail).join('') + note + chars.slice(chars.length - tail).join('');
}

/** 12480 as "12,480". */
export function groupDigits(value: number | string): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
