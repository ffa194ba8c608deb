// Addresses and networks as numbers of 128 bits: IPv4 is where IPv6 has it, at ::ffff:0:0/96, and is written as IPv4 wherever
// it comes out.

export interface Address {
  value: bigint;
  v4: boolean;
}

export interface Cidr {
  /** The first address of the network. */
  value: bigint;
  /** Bits that are fixed, of 128. */
  prefix: bigint;
}

const V4 = 0xffffn << 32n;
const isV4 = (value: bigint) => value >> 32n === 0xffffn;

export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { value: V4 | value, v4: true };
  }
  const value = parseV6(text);
  return value === undefined ? undefined : { value, v4: isV4(value) };
}

export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]*)\/(\d{1,8})$/.exec(text);
  const address = match && parseAddress(match[1]!);
  if (!address) return undefined;
  const [bits, offset] = match[1]!.includes(':') ? [128, 0n] : [32, 96n];
  if (Number(match[2]) > bits) return undefined;
  const prefix = BigInt(match[2]!) + offset;
  const host = 128n - prefix;
  return { value: (address.value >> host) << host, prefix };
}

export function rangeOf({ value, prefix }: Cidr): { first: bigint; last: bigint } {
  return { first: value, last: value | ((1n << (128n - prefix)) - 1n) };
}

/** An IPv4 address lies in networks of IPv4 only, though ::/0 spans its numbers. */
export function contains(cidr: Cidr, value: bigint): boolean {
  const { first, last } = rangeOf(cidr);
  return isV4(cidr.value) === isV4(value) && value >= first && value <= last;
}

/** The fewest networks that are just this range. */
export function toCidrs(first: bigint, last: bigint): string[] {
  const found: string[] = [];
  for (let at = first; at <= last;) {
    let host = 0n;
    while (host < 128n && (at & (1n << host)) === 0n && at + (1n << (host + 1n)) - 1n <= last) host++;
    found.push(cidrText(at, 128n - host));
    at += 1n << host;
  }
  return found;
}

export function cidrText(value: bigint, prefix: bigint): string {
  return isV4(value) && prefix >= 96n ? `${v4Text(value)}/${prefix - 96n}` : `${v6Text(value)}/${prefix}`;
}

function v4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

// RFC 5952: the longest run of at least two zero groups is left out, the first of equals.
function v6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  const text = groups.join(':');
  if (longest === '') return text;
  const at = new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`).exec(text)!.index;
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

function parseV4(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const parts = match?.slice(1);
  if (!parts?.every((part) => Number(part) <= 255 && (part === '0' || !part.startsWith('0')))) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const [head, tail, more] = text.split('::');
  if (more !== undefined || head === undefined) return undefined;
  const front = groupsOf(head, tail === undefined);
  const back = tail === undefined ? [] : groupsOf(tail, true);
  if (!front || !back) return undefined;
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...Array.from({ length: missing }, () => 0n), ...back];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

// The last two groups may be written as an IPv4 address.
function groupsOf(text: string, last: boolean): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [i, part] of parts.entries()) {
    const v4 = last && i === parts.length - 1 && part.includes('.') ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(v4 >> 16n, v4 & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
