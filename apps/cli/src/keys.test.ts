import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyFolder } from '@countersign/keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countersign } from '../test/terminal-run.js';

const NOW = new Date('2026-11-21T12:00:00Z');
let folder: string;
let http: Server;
let url: string;
let jwks: object = { keys: [] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-cli-keys-'));
  http = createServer((request, response) => {
    const found = request.url === '/.well-known/jwks.json';
    response.writeHead(found ? 200 : 404).end(found ? JSON.stringify(jwks) : '');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
});
afterAll(async () => {
  http.close();
  await rm(folder, { recursive: true });
});

const env = () => ({ COUNTERSIGN_DATA_DIR: folder });
const keysIn = () => new KeyFolder(join(folder, 'keys')).keys();

describe('keys of grants', () => {
  it('are rotated where they are, with time for everybody to hear of it', async () => {
    // No keys are made up for a folder that is not there: it is another machine, or a typing error.
    expect((await countersign(['keys', 'rotate'], { env: env(), now: NOW })).code).toBe(2);
    const [first] = keysIn();
    const rotated = await countersign(['keys', 'rotate'], { env: env(), now: NOW });
    expect(rotated.code).toBe(0);
    expect(rotated.stdout).toContain('signs  from 2026-11-21T12:05:00.000Z');
    const later = await countersign(['keys', 'rotate', '--in', '24h', '--json'], { env: env(), now: NOW });
    expect(JSON.parse(later.stdout)).toMatchObject({ signs_from: '2026-11-22T12:00:00.000Z' });
    expect(keysIn().map(({ name }) => name)).toEqual([
      'grant.pem',
      'grant-20261121T120500Z.pem',
      'grant-20261122T120000Z.pem',
    ]);
    expect(keysIn()[0]!.kid).toBe(first!.kid);
    expect((await countersign(['keys', 'rotate'], { env: env(), now: NOW })).code).toBe(1);
  });

  it('are taken away by name, and never the last one', async () => {
    const [first, second, third] = keysIn();
    const args = ['--keys', join(folder, 'keys')];
    expect((await countersign(['keys', 'remove', first!.kid, ...args])).code).toBe(0);
    expect((await countersign(['keys', 'remove', first!.kid, ...args])).stderr).toContain('holds no key');
    expect((await countersign(['keys', 'remove', third!.kid, ...args, '--json'])).stdout).toContain(
      'removed-grant-2026',
    );
    expect((await countersign(['keys', 'remove', second!.kid, ...args])).stderr).toContain('the only key');
    expect(await readdir(join(folder, 'keys'))).toContain('removed-grant.pem');
  });

  it('are shown with what each is for now', async () => {
    const [key] = keysIn();
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: key!.publicJwk.x };
    const seconds = NOW.getTime() / 1000;
    jwks = {
      keys: [
        { ...jwk, kid: 'a' },
        { ...jwk, kid: 'b', nbf: seconds - 60 },
        { ...jwk, kid: 'c', nbf: seconds + 60 },
      ],
    };
    const { code, stdout } = await countersign(['keys', '--http', url], { now: NOW });
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.trim());
    expect(lines[lines.findIndex((line) => line.startsWith('a ')) + 1]).toContain('signs no more');
    expect(lines[lines.findIndex((line) => line.startsWith('b ')) + 1]).toBe('signs since 2026-11-21T11:59:00.000Z');
    expect(lines[lines.findIndex((line) => line.startsWith('c ')) + 1]).toBe('signs from 2026-11-21T12:01:00.000Z');
    jwks = { keys: [{ ...jwk, kid: 'a' }] };
    expect((await countersign(['keys', '--http', url], { now: NOW })).stdout).toContain('signs since the beginning');
  });
});
