import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListEntriesResponseSchema } from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { env, opa, policyFolder } from '../test/policies.js';
import { recorded } from '../test/recorded.js';
import { countersign } from '../test/terminal-run.js';

const shop = await policyFolder();
let gate: FakeGate;
beforeAll(async () => void (gate = await startFakeGate()));
afterAll(async () => {
  await gate.stop();
  await shop.remove();
});

const TEN =
  '{"action": {"name": "shop.order", "properties": {"count": 10}}, "resource": {"type": "cart", "id": "cart-1"}}';
const explain = (given: string, input = '', ...args: string[]) =>
  countersign(['policy', 'explain', given, '--policies', shop.folder, '--address', gate.address, ...args], {
    env,
    input,
  });
const answer = (...events: object[]) => {
  const entries = events.map((event) => ({ body: Buffer.from(canonicalize(event)) }));
  gate.answer('ListEntries', message(ListEntriesResponseSchema, { entries }));
};

describe.skipIf(!opa)('policy explain', () => {
  it('says what fired, what nearly did, and on which value that hung', async () => {
    const { code, stdout } = await explain('-', TEN);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^allow {2}small-order\n/);
    expect(stdout).toContain(`allow  small-order  ${shop.folder}/shop/shop.rego:22`);
    expect(stdout).toContain('"orders few pieces"');
    const near = stdout.slice(stdout.indexOf('nearly fired'));
    expect(near).toContain('Large order: Ten pieces are what one customer needs.');
    expect(near).toContain('input.action.properties.count > 10 is not so (line 17)');
    expect(near).toContain('input.action.properties.count is 10');
  });

  it('takes a file, and --json has everything with the input', async () => {
    const file = join(shop.folder, 'input.json');
    await writeFile(file, TEN);
    const { stdout } = await explain(file, '', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: { effect: 'allow' },
      area: 'shop',
      fired: [{ rule: 'small-order', line: 22 }],
      missed: [{ rule: 'large-order', nearly: true }],
      input: { agent: { owner: 'sam@acme.example' } },
    });
  });

  it('explains a recorded decision, and says that other rules made it', async () => {
    answer(recorded(11), { type: 'vote.cast', version: 2 });
    const { code, stdout, stderr } = await explain('dec_11');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^require_approval {2}large-order\n/);
    expect(stdout).toContain('"orders 11 pieces"');
    expect(stderr).toContain('policy said require_approval then (large-order), in another revision: sha256:0');
  });

  it('says nothing of the kind when the rules are the same', async () => {
    const { revision } = JSON.parse((await explain('-', TEN, '--json')).stdout) as { revision: string };
    const event = recorded(11);
    event.data.policy.revision = revision;
    answer(event);
    const { stdout, stderr } = await explain('dec_11', '', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ decision_id: 'dec_11', recorded: { same_revision: true } });
    expect(stderr).toBe('');
  });

  it('says what it cannot explain', async () => {
    answer();
    expect(await explain('dec_12')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing about dec_12') });
    answer(recorded(11, undefined, { action: { name: 'shop.order', properties: { $bytes: 1, $sha256: 'x' } } }));
    expect((await explain('dec_11')).stderr).toContain('too large to be recorded');
    expect(await explain('-', '{"actoin": {}}')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"action"'),
    });
    expect(await explain('/nowhere.json')).toMatchObject({ code: 2, stderr: expect.stringContaining('/nowhere.json') });
  });
});
