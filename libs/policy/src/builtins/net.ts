import type { Builtins } from '../wasm/host.js';
import { Numeral } from '../wasm/numeral.js';
import { RegoObject, RegoSet, type Value } from '../wasm/value.js';
import { cidrText, contains, parseAddress, parseCidr, rangeOf, toCidrs, type Address, type Cidr } from './cidr.js';
import { membersOf, refuse, textOf } from './operands.js';

export const NET_BUILTINS: Builtins = {
  'net.cidr_is_valid': (text) => typeof text === 'string' && parseCidr(text) !== undefined,
  'net.cidr_expand': (text) => new RegoSet(expand(parseCidr(textOf(text)) ?? refuse())),
  'net.cidr_merge': (given) => new RegoSet(merge(membersOf(given).map(networkOf))),
  'net.cidr_contains_matches': (cidrs, others) => {
    const matches = matchTerms(cidrs!).flatMap(([cidr, index]) =>
      matchTerms(others!)
        .filter(([other]) => containsText(textOf(cidr), textOf(other)))
        .map(([, other]): Value => [index, other]),
    );
    return new RegoSet(matches);
  },
};

// Addresses in one set. A larger network is a mistake, and would take all memory there is.
const MOST_ADDRESSES = 1n << 16n;

function expand(cidr: Cidr): string[] {
  const { first, last } = rangeOf(cidr);
  if (last - first >= MOST_ADDRESSES)
    throw new Error(`net.cidr_expand would make more than ${MOST_ADDRESSES} addresses`);
  const addresses: string[] = [];
  for (let at = first; at <= last; at++) addresses.push(cidrText(at, 128n).replace(/\/\d+$/, ''));
  return addresses;
}

/** Whether a network holds an address or another network whole. */
export function containsText(cidr: string, other: string): boolean {
  const network = parseCidr(cidr) ?? refuse();
  const address = parseAddress(other);
  if (address) return contains(network, address.value);
  const { first, last } = rangeOf(parseCidr(other) ?? refuse());
  return contains(network, first) && contains(network, last);
}

/** What is to be matched, each with the key it is reported under. */
function matchTerms(given: Value): [Value, Value][] {
  if (typeof given === 'string') return [[given, given]];
  const term = (value: Value): Value => (Array.isArray(value) ? (value[0] ?? refuse()) : textOf(value));
  if (Array.isArray(given)) return given.map((value, i) => [term(value), new Numeral(String(i))]);
  if (given instanceof RegoSet) return given.members().map((value) => [term(value), value]);
  return given instanceof RegoObject ? given.entries().map(([key, value]) => [term(value), key]) : [];
}

interface Network {
  first: bigint;
  last: bigint;
  /** How it was written, while it is not merged with another. */
  text?: string;
}

// An IPv4 address by itself stands for its class of old, which is how Go reads it.
function networkOf(given: Value): Network {
  const text = textOf(given);
  const address: Address | undefined = parseAddress(text);
  const cidr = address ? classOf(address) : (parseCidr(text) ?? refuse());
  return { ...rangeOf(cidr), text: cidrText(address?.value ?? cidr.value, cidr.prefix) };
}

function classOf({ value, v4 }: Address): Cidr {
  if (!v4) return refuse();
  const first = Number((value >> 24n) & 0xffn);
  const prefix = 96n + (first < 0x80 ? 8n : first < 0xc0 ? 16n : 24n);
  const host = 128n - prefix;
  return { value: (value >> host) << host, prefix };
}

function merge(networks: Network[]): string[] {
  const order = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
  const ranges = networks.sort((a, b) => order(a.last, b.last) || order(a.first, b.first));
  for (let i = ranges.length - 1; i > 0; i--) {
    const [before, here] = [ranges[i - 1]!, ranges[i]!];
    if (here.first - 1n > before.last) continue;
    ranges.splice(i - 1, 2, { first: before.first < here.first ? before.first : here.first, last: here.last });
  }
  return ranges.flatMap(({ first, last, text }) => (text !== undefined ? [text] : toCidrs(first, last)));
}
