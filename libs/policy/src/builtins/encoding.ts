import { bytesOfText, textOfBytes } from '../wasm/bytes.js';
import type { Builtins } from '../wasm/host.js';
import { compareTexts, RegoObject, RegoSet, type Value } from '../wasm/value.js';
import { entriesByName, goJson, type Layout } from './go-json.js';
import { objectOf, refuse, textOf, textsOf } from './operands.js';

export const ENCODING_BUILTINS: Builtins = {
  'hex.encode': (text) => bytesOfText(textOf(text)).toString('hex'),
  'hex.decode': (text) =>
    /^(?:[0-9a-fA-F]{2})*$/.test(textOf(text)) ? textOfBytes(Buffer.from(textOf(text), 'hex')) : refuse(),
  'base64url.encode_no_pad': (text) => bytesOfText(textOf(text)).toString('base64url'),
  'urlquery.encode': (text) => queryEscape(textOf(text)),
  'urlquery.decode': (text) => queryUnescape(textOf(text)),
  'urlquery.encode_object': (object) => encodeObject(objectOf(object)),
  'urlquery.decode_object': (text) => decodeObject(textOf(text)),
  'json.marshal_with_options': (value, options) => marshal(value ?? refuse(), objectOf(options)),
};

/** Base64url with or without its padding, as JWTs have it. Line ends within are skipped, as Go does. */
export function decodeBase64Url(text: string): Buffer {
  const bytes = bytesOfText(text).length;
  if (!text.endsWith('=') && bytes % 4 === 1) return refuse();
  const padded = text.endsWith('=') ? text : text + '='.repeat((4 - (bytes % 4)) % 4);
  const dense = padded.replace(/[\r\n]/g, '');
  return dense.length % 4 === 0 && /^[\w-]*={0,2}$/.test(dense) ? Buffer.from(dense, 'base64url') : refuse();
}

export function queryEscape(text: string): string {
  const escaped = Array.from(bytesOfText(text), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(character)) return character;
    return byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return escaped.join('');
}

/** Replaces `%41` by its byte. Escapes that are none make it undefined. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return refuse();
  const bytes = bytesOfText(text).toString('latin1');
  const decoded = bytes.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return textOfBytes(Buffer.from(decoded, 'latin1'));
}

const queryUnescape = (text: string) => percentDecode(text.replaceAll('+', ' '));

function encodeObject(object: RegoObject): string {
  const pairs = entriesByName(object).flatMap(([name, value]) => {
    const values =
      typeof value === 'string'
        ? [value]
        : value instanceof RegoSet || Array.isArray(value)
          ? textsOf(value)
          : refuse();
    return values.map((one) => `${queryEscape(name)}=${queryEscape(one)}`);
  });
  return pairs.join('&');
}

// Go takes no more parameters than these.
const MOST_PARAMETERS = 10_000;

function decodeObject(query: string): Value {
  const pairs = query.split('&');
  if (pairs.length > MOST_PARAMETERS) return refuse();
  const found = new Map<string, string[]>();
  for (const pair of pairs) {
    if (pair.includes(';')) return refuse();
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    const key = queryUnescape(name);
    found.set(key, [...(found.get(key) ?? []), queryUnescape(value)]);
  }
  return new RegoObject([...found].sort(([a], [b]) => compareTexts(a, b)));
}

function marshal(value: Value, options: RegoObject): string {
  const layout: Layout = { prefix: '', indent: '\t' };
  let pretty: boolean | undefined;
  for (const [name, option] of options.entries()) {
    if (name === 'prefix' || name === 'indent') layout[name] = textOf(option);
    else if (name === 'pretty' && typeof option === 'boolean') pretty = option;
    else return refuse();
  }
  if (!(pretty ?? (options.get('prefix') !== undefined || options.get('indent') !== undefined))) return goJson(value);
  return layout.prefix + goJson(value, layout);
}
