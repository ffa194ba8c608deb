import { isUtf8 } from 'node:buffer';

// A string of Rego is bytes, mostly UTF-8: base64.decode may make any. Here a byte that is not part of UTF-8 becomes the lone
// surrogate U+DC00 + byte, which no proper text holds, so that digests and encodings get the bytes back as they were.

export function textOfBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || isUtf8(bytes)) return text;
  let out = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at]!);
    const sequence = bytes.subarray(at, at + length);
    if (length > 0 && sequence.length === length && isUtf8(sequence)) {
      out += sequence.toString('utf8');
      at += length;
    } else {
      out += String.fromCharCode(0xdc00 + bytes[at]!);
      at++;
    }
  }
  return out;
}

export function bytesOfText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  return Buffer.concat(
    Array.from(text, (character) => {
      const code = character.charCodeAt(0);
      const escaped = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
      return escaped ? Buffer.of(code - 0xdc00) : Buffer.from(character, 'utf8');
    }),
  );
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}
