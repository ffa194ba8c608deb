import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EntrySchema, ListApprovalsResponseSchema, StatusError } from '@countersign/contract';
import { digestOfAction, parseAction } from './action.js';
import { GRANT_TYPE } from './grant-check.js';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { countersign } from '../test/terminal-run.js';

// Verbs that read public documents over HTTP, and the export.

const pair = generateKeyPairSync('ed25519');
const JWKS = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }] };
const documents: Record<string, string> = {
  '/.well-known/jwks.json': JSON.stringify(JWKS),
  '/.well-known/ledger-key': 'countersign.local/ledger+1234+AAAA\u001b[2J\n',
  '/readyz': '{"status":"ready"}',
  '/healthz': '{"status":"ok","version":"0.1.0"}',
};
let gate: FakeGate;
let http: Server;
let url: string;
let folder: string;

beforeAll(async () => {
  gate = await startFakeGate();
  http = createServer((request, response) => {
    const body = documents[request.url!];
    if (request.url === '/moved') response.writeHead(302, { location: '/.well-known/jwks.json' }).end();
    else response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
});
afterAll(async () => {
  await gate.stop();
  http.close();
});

const ACTION = ['--action', 'db.delete', '--arg', 'rows=12480', '--resource', 'table:prod.orders'];

function grant(): string {
  const action = parseAction({ action: 'db.delete', arg: ['rows=12480'], resource: 'table:prod.orders' });
  const action_hash = digestOfAction(action, { type: 'agent', id: 'release-bot' }, []);
  const claims = {
    ...{ jti: 'g1', txn: 'dec_01', sub: 'release-bot', act: { sub: 'release-bot' }, exp: Date.now() / 1000 + 60 },
    authorization_details: [{ action: 'db.delete', resource: 'prod.orders', action_hash }],
  };
  const parts = [{ alg: 'EdDSA', typ: GRANT_TYPE, kid: 'k1' }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign(null, Buffer.from(text), pair.privateKey).toString('base64url')}`;
}

describe('grant verify', () => {
  it('accepts a grant for its own action, and says what it could not prove', async () => {
    const { code, stdout } = await countersign(['grant', 'verify', grant(), ...ACTION, '--http', url]);
    expect(code).toBe(0);
    expect(stdout).toContain('not proven: that it is unused');
    expect(stdout).not.toContain('action you have in mind');
  });

  it('needs no service at all with a file of keys, and takes the grant from standard input', async () => {
    const file = join(folder, 'keys.json');
    await writeFile(file, JSON.stringify(JWKS));
    const { code, stdout } = await countersign(['grant', 'verify', '-', '--jwks', file], { input: `${grant()}\n` });
    expect(code).toBe(0);
    expect(stdout).toContain('action you have in mind');
  });

  it('ends with 3 for another action', async () => {
    const other = ACTION.map((word) => (word === 'rows=12480' ? 'rows=12481' : word));
    const { code, stdout } = await countersign(['grant', 'verify', grant(), ...other, '--http', url]);
    expect(code).toBe(3);
    expect(stdout).toContain('another action');
  });

  it('does not follow a redirect to other keys', async () => {
    expect((await countersign(['grant', 'verify', grant(), '--jwks', `${url}/moved`])).code).toBe(1);
  });
});

it('keys are shown with fingerprints, and a hostile document stays inert', async () => {
  const { code, stdout } = await countersign(['keys', '--http', url]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/k1 {2}Ed25519 {2}sha256:[0-9a-f]{64}/);
  expect(stdout).toContain('countersign.local/ledger+1234+AAAA');
  expect(stdout).not.toContain('\u001b');
});

describe('audit export', () => {
  const body = Buffer.from('{"a":1}');

  it('writes the exact recorded bytes, one event a line', async () => {
    gate.answer('Export', message(EntrySchema, { index: 0n, body }), message(EntrySchema, { index: 1n, body }));
    const { code, stdout } = await countersign(['audit', 'export', '--bodies', '--address', gate.address]);
    expect(code).toBe(0);
    expect(stdout).toBe('{"a":1}\n{"a":1}\n');
  });

  it('writes a file, and never over one that is there', async () => {
    const file = join(folder, 'ledger.jsonl');
    const args = ['audit', 'export', '--out', file, '--address', gate.address];
    expect((await countersign(args)).code).toBe(0);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).index)).toEqual(['0', '1']);
    expect((await countersign(args)).code).toBe(2);
  });

  it('a stream that breaks is a fault, not a short export', async () => {
    gate.answer('Export', message(EntrySchema, { body }), new StatusError('UNAVAILABLE', 'the database is away'));
    expect((await countersign(['audit', 'export', '--address', gate.address])).code).toBe(1);
  });
});

describe('doctor', () => {
  const findings = async (...args: string[]) => {
    const { stdout } = await countersign(['doctor', '--json', '--http', url, '--address', gate.address, ...args]);
    return Object.fromEntries(
      (JSON.parse(stdout) as { findings: { what: string; state: string }[] }).findings.map((f) => [f.what, f.state]),
    );
  };

  it('tells a token that is not accepted from one that is', async () => {
    gate.answer('ListApprovals', new StatusError('UNAUTHENTICATED', 'unknown credential'));
    expect(await findings('--token', 'wrong')).toMatchObject({ token: 'bad' });
    gate.answer('ListApprovals', message(ListApprovalsResponseSchema, {}));
    expect(await findings('--token', 'cs_dev_dana')).toMatchObject({
      token: 'good',
      versions: 'good',
      clocks: 'good',
      'grant keys': 'good',
    });
  });

  it('tells a service that is ready from one that is ready with a warning', async () => {
    expect(await findings()).toMatchObject({ [`${url}/readyz`]: 'good' });
    documents['/readyz'] =
      '{"status":"ready","problems":{},"warnings":{"policy":"a newer policy could not be loaded"}}';
    expect(await findings()).toMatchObject({ [`${url}/readyz`]: 'unsure' });
    documents['/readyz'] = '{"status":"ready"}';
  });

  it('says that a port which speaks gRPC but has no health service is not it', async () => {
    expect(await findings()).toMatchObject({ [`gRPC at ${gate.address}`]: 'bad', token: 'unsure' });
  });
});
