import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { bytesOfText } from '../wasm/bytes.js';
import type { Builtin, Builtins } from '../wasm/host.js';
import { textOf } from './operands.js';

const digest =
  (algorithm: string): Builtin =>
  (text) =>
    hash(algorithm, bytesOfText(textOf(text)), 'hex');

const hmac =
  (algorithm: string): Builtin =>
  (text, key) =>
    createHmac(algorithm, bytesOfText(textOf(key)))
      .update(bytesOfText(textOf(text)))
      .digest('hex');

export const CRYPTO_BUILTINS: Builtins = {
  'crypto.md5': digest('md5'),
  'crypto.sha1': digest('sha1'),
  'crypto.sha256': digest('sha256'),
  'crypto.hmac.md5': hmac('md5'),
  'crypto.hmac.sha1': hmac('sha1'),
  'crypto.hmac.sha256': hmac('sha256'),
  'crypto.hmac.sha512': hmac('sha512'),
  'crypto.hmac.equal': (left, right) => {
    const [a, b] = [bytesOfText(textOf(left)), bytesOfText(textOf(right))];
    return a.length === b.length && timingSafeEqual(a, b);
  },
};
