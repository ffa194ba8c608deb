/** Bytes of UTF-8 an input may have: a whole request, and besides it what we know of the agent, its history and the time. */
export const MAX_INPUT_BYTES = (256 + 64) * 1024;
/**
 * Bytes a message with an input may have. An input that fitted into none would end the stream, and with it the evaluations
 * of everybody else.
 */
export const MAX_MESSAGE_BYTES = MAX_INPUT_BYTES + 64;
/** How deep an input may nest. The arguments alone may reach 64, and they sit three levels down. */
export const MAX_INPUT_DEPTH = 68;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Says what is wrong with an input text, or undefined. What it refuses is what makes a WASM instance throw, or what its
 * lenient parser would read otherwise than we do: lone surrogates (written or escaped), deep nesting, too many bytes, and
 * anything after the object. The grammar between the brackets is the parser's business: it answers bad text with an
 * undefined input, which the combining rules deny.
 */
export function inputProblem(text: string): string | undefined {
  if (text.length > MAX_INPUT_BYTES) return 'the input is too large';
  if (text.length > MAX_INPUT_BYTES / 3 && Buffer.byteLength(text) > MAX_INPUT_BYTES) return 'the input is too large';
  if (!text.isWellFormed()) return 'the input holds a lone surrogate';
  if (text.charCodeAt(0) !== OPEN_BRACE) return 'the input is not an object';
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = closingQuote(text, i + 1);
      if (end < 0) return 'the input ends within a string or escapes a surrogate';
      i = end;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > MAX_INPUT_DEPTH) return 'the input is nested too deeply';
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (--depth === 0) return i === text.length - 1 ? undefined : 'the input goes on after its end';
    } else if (code === 0) {
      return 'the input holds a zero character';
    }
  }
  return 'the input ends early';
}

// Canonical JSON never escapes a surrogate, so any such escape is refused without asking whether it is paired.
function closingQuote(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) {
      i++;
      if (text.charCodeAt(i) === 0x75 && (text.charCodeAt(i + 1) | 0x20) === 0x64 && text.charCodeAt(i + 2) > 0x37)
        return -1;
    }
  }
  return -1;
}
