import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken, surfaceOf, type Call } from './rpc.js';

// The credential of a person's browser: a cookie that no script reads and no other site sends, and a header that no form of
// another site can send either. The browser adds the cookie by itself, so the header is what says that our page has asked.

/** Holds an opaque token that the authenticator knows as it knows a bearer's. */
const SIGN_IN_COOKIE = 'countersign_sign_in';
/** Its name over https: one so called can be set by this very host alone, and by no neighbour on the same domain. */
const OWN_COOKIE = `__Host-${SIGN_IN_COOKIE}`;
/** Sent by the inbox with every request. */
const INBOX_HEADER = 'x-countersign-inbox';

export interface Presented {
  token: string;
  surface?: Call['surface'];
}

/** The credential of a request over HTTP: a bearer's own, or that of the browser if our page has sent the request. */
export function presentedBy(headers: IncomingHttpHeaders): Presented | undefined {
  const token = bearerToken(headers.authorization);
  if (token === undefined) {
    const cookie = browserToken(headers);
    return cookie === undefined ? undefined : { token: cookie, surface: 'inbox' };
  }
  const surface = surfaceOf(headers['x-countersign-surface']);
  return { token, ...(surface ? { surface } : {}) };
}

/** The token in the browser's cookie, if our own page has sent the request. */
export function browserToken(headers: IncomingHttpHeaders): string | undefined {
  return isFromOwnPage(headers) ? signInToken(headers) : undefined;
}

/** The token in the browser's cookie, whoever made the browser send it: enough to show a page, never to act. */
export function signInToken({ cookie = '', origin }: IncomingHttpHeaders): string | undefined {
  const pairs = cookie.split(';').map((pair) => pair.trim());
  const own = valuesOf(OWN_COOKIE, pairs);
  // A page over https was given the other one. Every request that changes anything says of what origin it is.
  const plain = origin?.startsWith('https:') ? [] : valuesOf(SIGN_IN_COOKIE, pairs);
  const found = own.length > 0 ? own : plain;
  // Two of them are one too many: another site on the same domain may have planted the first.
  if (found.length !== 1) return undefined;
  try {
    const token = decodeURIComponent(found[0]!);
    return token.length > 0 && token.length <= 8192 ? token : undefined;
  } catch {
    return undefined;
  }
}

function valuesOf(name: string, pairs: readonly string[]): string[] {
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}

/** Whether a request can only come from a page of ours: by a header that needs CORS, and by what the browser says of it. */
export function isFromOwnPage(headers: IncomingHttpHeaders): boolean {
  if (headers[INBOX_HEADER] !== '1') return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

/** The set-cookie header that signs a browser in; with an empty token, the one that signs it out. */
export function signInCookie(token: string, options: { secure: boolean; maxAgeS: number }): string {
  const age = token === '' ? 0 : options.maxAgeS;
  const [name, secure] = options.secure ? [OWN_COOKIE, '; Secure'] : [SIGN_IN_COOKIE, ''];
  return `${name}=${encodeURIComponent(token)}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`;
}
