import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

// An API token as text: "cs_", thirty random digits (178 bits), and six that say that they belong together. Whoever looks for
// lost secrets finds it by its shape, and knows by the checksum that it is no accident.

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM = 30;
const SHAPE = /^cs_[0-9A-Za-z]{36}$/;

export function newToken(): string {
  const random = Array.from({ length: RANDOM }, () => DIGITS[randomInt(DIGITS.length)]!).join('');
  return `cs_${random}${checksum(random)}`;
}

export function isToken(text: string): boolean {
  return SHAPE.test(text) && checksum(text.slice(3, 3 + RANDOM)) === text.slice(3 + RANDOM);
}

/** What is kept of a secret: enough to know it again, nothing to make it from. */
export function hashOf(secret: string): string {
  return hash('sha256', secret, 'base64');
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < 6; i++, rest = Math.floor(rest / DIGITS.length)) digits = DIGITS[rest % DIGITS.length]! + digits;
  return digits;
}
