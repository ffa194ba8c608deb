import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { CheckpointSchema, EntrySchema, type ExportRequest, type GetEntryRequest } from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { env, opa, policyFolder, SHOP } from '../test/policies.js';
import { recorded } from '../test/recorded.js';
import { countersign } from '../test/terminal-run.js';

const shop = await policyFolder();
const looser = await policyFolder({ ...SHOP, 'shop/shop.rego': SHOP['shop/shop.rego']!.replaceAll('10', '11') });
const stricter = await policyFolder({ ...SHOP, 'shop/shop.rego': SHOP['shop/shop.rego']!.replaceAll('10', '2') });
let gate: FakeGate;
beforeAll(async () => void (gate = await startFakeGate()));
afterAll(async () => {
  await gate.stop();
  for (const { remove } of [shop, looser, stricter]) await remove();
});

const bodies = (...pieces: number[]) => pieces.map((count) => `${canonicalize(recorded(count))}\n`).join('');
const entry = (event: ReturnType<typeof recorded>) => {
  return {
    type: event.type,
    decision_id: event.decision_id,
    body: Buffer.from(canonicalize(event)).toString('base64'),
  };
};
const replay = (input: string, policy: string, ...args: string[]) =>
  countersign(['policy', 'replay', '--from', '-', '--policy', policy, ...args], { env, input });

describe.skipIf(!opa)('policy replay', () => {
  it('the policy that answered answers the same', async () => {
    const { code, stdout } = await replay(bodies(1, 10, 11, 500), shop.folder);
    expect(stdout).toContain('4 requests: 0 loosened, 0 tightened, 0 the same for other reasons');
    expect(stdout).toMatch(/allow +2 +0 +0\nask +0 +2 +0\ndeny +0 +0 +0/);
    expect(code).toBe(0);
  });

  it('names every decision that is loosened, and ends with 1 unless that is allowed', async () => {
    const { code, stdout } = await replay(bodies(10, 11, 12), looser.folder);
    expect(code).toBe(1);
    expect(stdout).toContain('loosened   dec_11  2026-01-15T10:00:00.000Z  release-bot  shop.order cart:cart-1');
    expect(stdout).toContain('ask becomes allow');
    expect(stdout).toContain('large-order → small-order');
    expect(stdout).not.toContain('dec_12');
    expect((await replay(bodies(11), looser.folder, '--allow-loosened')).code).toBe(0);
  });

  it('counts what is stricter, lists it when asked to, and ends with 0', async () => {
    const { code, stdout } = await replay(bodies(3, 500), stricter.folder);
    expect(code).toBe(0);
    expect(stdout).toContain('0 loosened, 1 tightened');
    expect(stdout).not.toContain('dec_3');
    expect((await replay(bodies(3), stricter.folder, '--all')).stdout).toContain('tightened  dec_3');
    expect(stdout).toMatch(/would be asked +2 of 2 requests \(100.0 %\)\n +large-order +2 +alone +2/);
  });

  it('--json is a line for each change and one at the end', async () => {
    const { stdout } = await replay(bodies(10, 11, 12), looser.folder, '--json');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { type: 'change', kind: 'loosened', decision_id: 'dec_11', looser: ['ask becomes allow'] },
      { type: 'summary', ok: false, requests: 3, loosened: 1, effects: { require_approval: { allow: 1 } } },
    ]);
  });

  it('takes entries as audit export writes them, and skips what is no answer', async () => {
    const lines = [
      { type: 'vote.cast', body: '' },
      entry(recorded(11)),
      { type: 'decision.approved', body: Buffer.from('{"type":"decision.approved","version":2}').toString('base64') },
    ].map((line) => JSON.stringify(line));
    const file = join(shop.folder, 'ledger.jsonl');
    await writeFile(file, `${lines.join('\n')}\n`);
    const args = ['policy', 'replay', '--from', file, '--policy', looser.folder];
    expect((await countersign(args, { env })).stdout).toContain('1 requests: 1 loosened');
  });

  it('reads the record of the running service', async () => {
    gate.answer(
      'Export',
      message(EntrySchema, { type: 'decision.held', body: Buffer.from(canonicalize(recorded(11))) }),
    );
    const args = ['policy', 'replay', '--from', 'live', '--policy', looser.folder, '--address', gate.address];
    expect((await countersign(args, { env })).stdout).toContain('dec_11');
  });

  it('does not read a long ledger from its beginning when only the end is wanted', async () => {
    const asked: bigint[] = [];
    gate.answer('GetCheckpoint', message(CheckpointSchema, { size: 100_000n }));
    gate.answer('GetEntry', (request) => {
      const { index } = request as GetEntryRequest;
      asked.push(index);
      // One entry a minute since the beginning of the year.
      return message(EntrySchema, { occurredAt: timestampFromMs(Date.UTC(2026, 0, 1) + Number(index) * 60_000) });
    });
    const body = Buffer.from(canonicalize(recorded(11)));
    gate.answer('Export', message(EntrySchema, { type: 'decision.held', body }));
    const args = ['policy', 'report', '--since', '2026-01-15T10:00:00Z', '--address', gate.address];
    expect((await countersign(args, { env })).stdout).toContain('1 of 1 requests');
    const from = (gate.seen.get('Export')!.at(-1) as ExportRequest).fromIndex;
    // An hour before, because entries arrive a little out of order.
    expect(Number(from)).toBe((14 * 24 + 9) * 60);
    expect(asked.length).toBeLessThan(20);
  });

  it('takes only the time that is asked for', async () => {
    const input = [9, 10, 11].map((day) =>
      canonicalize(recorded(day, `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`)),
    );
    const span = (...args: string[]) => replay(input.join('\n'), shop.folder, ...args);
    expect((await span('--since', '2026-01-10', '--until', '2026-01-11T00:00:00Z')).stdout).toContain('1 requests:');
    const now = new Date('2026-01-11T12:00:00Z');
    const ago = ['policy', 'replay', '--from', '-', '--policy', shop.folder, '--since', '36h'];
    expect((await countersign(ago, { env, input: input.join('\n'), now })).stdout).toContain('2 requests:');
    expect((await span('--since', 'tomorrow')).code).toBe(2);
  });

  it('a request that was not recorded whole is counted, not guessed', async () => {
    const lost = { action: { name: 'shop.order', properties: { $bytes: 90_000, $sha256: 'x' } } };
    const { code, stdout } = await replay(
      `${bodies(1)}${canonicalize(recorded(11, '2026-01-15T10:00:00.000Z', lost))}`,
      looser.folder,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('1 not replayed: action.properties was too large to be recorded');
  });

  it.each([
    ['', 1, 'no answers of policy'],
    ['nonsense', 1, 'line 1 of standard input'],
    [`${bodies(1)}{"type":"x"}`, 1, 'line 2 of standard input'],
  ])('from %j it ends with %i and says why', async (input, code, why) => {
    const ended = await replay(input, shop.folder);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(why);
  });

  it('asks for what is missing', async () => {
    expect((await countersign(['policy', 'replay'], { env })).stderr).toContain('add --from');
    const nowhere = ['policy', 'replay', '--from', '/nowhere', '--policy', shop.folder];
    expect(await countersign(nowhere, { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('/nowhere') as unknown,
    });
  });
});

describe.skipIf(!opa)('policy report', () => {
  const report = (...args: string[]) =>
    countersign(['policy', 'report', '--from', '-', ...args], { env, input: bodies(1, 5, 11, 12) });

  it('says how many were held and by which rules', async () => {
    const { code, stdout } = await report();
    expect(code).toBe(0);
    expect(stdout).toMatch(/were asked +2 of 4 requests \(50.0 %\)\n +large-order +2/);
    expect(stdout).toContain('2 allowed, 0 denied');
  });

  it('says whom another policy would have asked', async () => {
    const { stdout } = await report('--policy', stricter.folder, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      asked: 3,
      requests: 4,
      effects: { allow: 1, require_approval: 3, deny: 0 },
    });
  });
});
