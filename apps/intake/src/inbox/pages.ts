import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { RawAnswer, RawRoute } from '@countersign/service';

// The inbox as files: one page, its style and its modules, read once. No page holds anything of anybody: what there is to see
// is asked for by the page, with the credential of whoever looks at it.

const FOLDER = new URL('../../inbox/', import.meta.url);
const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing but our own files, nothing inline, in no frame, and no way to make markup of a text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PAGE_HEADERS: Record<string, string> = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A small answer for the page's own script. */
export function json(value: object, status = 200): RawAnswer {
  const headers = { ...PAGE_HEADERS, 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(value) + '\n' };
}

interface Asset {
  type: string;
  body: Buffer;
  etag: string;
}

/** The pages and what they are made of. */
export function pageRoutes(): RawRoute[] {
  const assets = new Map(readdirSync(FOLDER).map((name) => [name, read(name)]));
  const page = assets.get('index.html')!;
  const get = (path: string, find: (path: string) => Asset | undefined): RawRoute => ({
    method: 'GET',
    path,
    limit: 0,
    answer: async ({ path, headers }) => reply(find(path), headers['if-none-match']),
  });
  return [
    get('/inbox/assets/*', (path) => assets.get(path.slice('/inbox/assets/'.length))),
    get('/inbox', () => page),
    get('/inbox/*', () => page),
    {
      method: 'GET',
      path: '/',
      limit: 0,
      answer: async () => ({ status: 302, headers: { ...PAGE_HEADERS, location: '/inbox' } }),
    },
  ];
}

function read(name: string): Asset {
  const body = readFileSync(new URL(name, FOLDER));
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return { type, body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

function reply(asset: Asset | undefined, known: string | undefined): RawAnswer {
  if (!asset) return { status: 404, headers: { ...PAGE_HEADERS, 'content-type': 'text/plain' }, body: 'not found\n' };
  // Asked again each time: after an update no page runs with the modules of before.
  const headers = { ...PAGE_HEADERS, 'cache-control': 'no-cache', etag: asset.etag };
  if (known === asset.etag) return { status: 304, headers };
  return { status: 200, headers: { ...headers, 'content-type': asset.type }, body: asset.body };
}
