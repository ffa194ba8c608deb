import { isIPv6 } from 'node:net';
import { bytesOfText } from '../wasm/bytes.js';
import type { Builtins } from '../wasm/host.js';
import { RegoObject, type Value } from '../wasm/value.js';
import { percentDecode } from './encoding.js';
import { BAD_OPERAND, refuse, textOf } from './operands.js';

// URLs as Go's net/url reads them, which is not how browsers do: nothing is repaired.

export const URI_BUILTINS: Builtins = {
  'uri.parse': (text) => parts(textOf(text)),
  'uri.is_valid': (text) => typeof text === 'string' && text !== '' && isUri(text),
};

function isUri(text: string): boolean {
  try {
    parts(text);
    return true;
  } catch (thrown) {
    if (thrown === BAD_OPERAND) return false;
    throw thrown;
  }
}

function parts(uri: string): RegoObject {
  const [beforeFragment, fragment = ''] = cut(uri, '#');
  const found: [string, Value | undefined][] = [];
  const add = (name: string, value: string) => value !== '' && found.push([name, value]);
  if (/[\x00-\x1f\x7f]/.test(beforeFragment)) return refuse();
  if (beforeFragment === '*') {
    add('path', '*');
    add('raw_path', '*');
  } else {
    const [scheme, afterScheme] = schemeOf(beforeFragment);
    add('scheme', scheme.toLowerCase());
    const [rest, query] = queryOf(afterScheme);
    add('raw_query', query);
    if (rest.startsWith('/') || scheme === '') {
      if (!rest.startsWith('/') && rest.split('/')[0]!.includes(':')) return refuse();
      const authority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'));
      const slash = authority ? rest.indexOf('/', 2) : 0;
      if (authority) {
        const [hostname, port] = hostOf(rest.slice(2, slash < 0 ? undefined : slash), scheme.toLowerCase());
        add('hostname', hostname);
        add('port', port);
      }
      const path = slash < 0 ? '' : rest.slice(slash);
      add('path', percentDecode(path));
      // As it was written, unless that is how the path would be written anyway.
      add('raw_path', path === escapePath(percentDecode(path)) ? percentDecode(path) : path);
    }
  }
  add('fragment', percentDecode(fragment));
  return new RegoObject(found as [string, Value][]);
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function schemeOf(text: string): [string, string] {
  if (text.startsWith(':')) return refuse();
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text);
  return match ? [match[1]!, text.slice(match[0].length)] : ['', text];
}

function queryOf(text: string): [string, string] {
  const [rest, query = ''] = cut(text, '?');
  return [rest, query];
}

function hostOf(authority: string, scheme: string): [string, string] {
  const at = authority.lastIndexOf('@');
  const userinfo = authority.slice(0, Math.max(at, 0));
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) return refuse();
  percentDecode(userinfo);
  const host = authority.slice(at + 1);
  const open = host.lastIndexOf('[');
  if (open > 0) return refuse();
  if (open === 0) return literalOf(host);
  const colons = host.split(':').length - 1;
  const colon = colons > 1 && scheme !== 'http' && scheme !== 'https' ? host.lastIndexOf(':') : host.indexOf(':');
  if (colon >= 0 && !/^:\d*$/.test(host.slice(colon))) return refuse();
  const decoded = hostDecode(host);
  const port = /:(\d*)$/.exec(decoded);
  return port ? [decoded.slice(0, port.index), port[1]!] : [decoded, ''];
}

// "[fe80::1%25eth0]:80"
function literalOf(host: string): [string, string] {
  const close = host.lastIndexOf(']');
  const port = host.slice(close + 1);
  if (close < 0 || !/^(:\d*)?$/.test(port)) return refuse();
  const [address, zone] = cut(host.slice(1, close), '%25');
  const name = hostDecode(address);
  if (!isIPv6(name) || (zone === '' && host.includes('%25'))) return refuse();
  return [zone === undefined ? name : `${name}%${percentDecode(zone)}`, port.slice(1)];
}

// In a host only bytes beyond ASCII may be escaped, and some characters may not be there at all.
function hostDecode(host: string): string {
  if (/%(?!25)[0-7]/.test(host) || /[\x00-\x20#/?@\\^`{|}\x7f]/.test(host)) return refuse();
  return percentDecode(host);
}

function escapePath(path: string): string {
  const escaped = Array.from(bytesOfText(path), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~$&+,/:;=@]/.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return escaped.join('');
}
