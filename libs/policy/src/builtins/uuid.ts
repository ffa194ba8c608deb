import type { Builtins } from '../wasm/host.js';
import { Numeral } from '../wasm/numeral.js';
import { RegoObject, type Value } from '../wasm/value.js';
import { refuse, textOf } from './operands.js';

export const UUID_BUILTINS: Builtins = {
  'uuid.parse': (text) => describe(bytesOf(textOf(text)) ?? refuse()),
};

const PLAIN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function bytesOf(text: string): Buffer | undefined {
  const bare = text.replace(/^urn:uuid:(?=.{36}$)/i, '').replace(/^\{(.{36})\}$/s, '$1');
  const hex = PLAIN.test(bare) ? bare.replaceAll('-', '') : bare;
  return /^[0-9a-f]{32}$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

// 100 ns steps between the epoch of UUIDs, 1582, and that of Unix.
const EPOCH = 122_192_928_000_000_000n;
const DOMAINS = ['Person', 'Group', 'Org'];

function describe(uuid: Buffer): RegoObject {
  const version = uuid[6]! >> 4;
  const found: Record<string, string | number | bigint> = { version, variant: variantOf(uuid[8]!) };
  if (version === 1 || version === 2) {
    const steps =
      (BigInt(uuid.readUInt16BE(6) & 0x0fff) << 48n) |
      (BigInt(uuid.readUInt16BE(4)) << 32n) |
      BigInt(uuid.readUInt32BE(0));
    const node = uuid.subarray(10);
    const scope = (node[0]! & 2) !== 0 ? 'local' : 'global';
    // Go lets it overflow.
    found['time'] = BigInt.asIntN(64, (steps - EPOCH) * 100n);
    found['nodeid'] = Array.from(node, (byte) => byte.toString(16).padStart(2, '0')).join('-');
    found['macvariables'] = `${scope}:${(node[0]! & 1) !== 0 ? 'multicast' : 'unicast'}`;
    found['clocksequence'] = uuid.readUInt16BE(8) & 0x3fff;
    if (version === 2) {
      found['id'] = uuid.readUInt32BE(0);
      found['domain'] = DOMAINS[uuid[9]!] ?? `Domain${uuid[9]}`;
    }
  }
  return new RegoObject(
    Object.entries(found).map(([name, value]): [Value, Value] => [
      name,
      typeof value === 'string' ? value : new Numeral(String(value)),
    ]),
  );
}

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122';
  if ((byte & 0xe0) === 0xc0) return 'Microsoft';
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved';
}
