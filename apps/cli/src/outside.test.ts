import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EntrySchema, ListApprovalsResponseSchema, StatusError } from '@countersign/contract';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { JWKS, KID } from '../test/grants.js';
import { countersign } from '../test/terminal-run.js';

// Verbs that read public documents over HTTP, and the export.

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
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
});
afterAll(async () => {
  await gate.stop();
  http.close();
});

it('keys are shown with fingerprints, and a hostile document stays inert', async () => {
  const { code, stdout } = await countersign(['keys', '--http', url]);
  expect(code).toBe(0);
  expect(stdout).toContain(`${KID}  Ed25519  sha256:`);
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
