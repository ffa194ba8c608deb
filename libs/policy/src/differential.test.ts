import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { PolicyEngine } from './engine.js';
import { loadBundle } from './folder.js';
import { findOpa } from './opa.js';
import { SHIPPED } from './sources.js';
import { readVerdict } from './verdict-schema.js';

// opa test runs the rules in opa's own evaluator; what serves is the compiled module. Both must say the same.

const log = () => {};
const cacheDir = join(SHIPPED, '..', '.countersign', 'cache');
const opa = await findOpa({ cacheDir, log, install: false });
const folder = await mkdtemp(join(tmpdir(), 'countersign-differential-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const ACTIONS = [
  ...['db.read', 'db.delete', 'db.update', 'db.drop', 'db.alter', 'db.query', 'delete'],
  ...['data.export', 'data.delete', 'infra.apply', 'infra.destroy', 'infra.open_network', 'iam.grant', 'iam.revoke'],
  ...['payments.refund', 'payments.payout', 'messaging.send', 'audit.delete', 'unknown.thing', 'countersign'],
];
const AMOUNTS = [undefined, null, true, '5', -1, 0, 0.1, 100, 101, 50_001, 1e21, [1]];
const WORDS = [
  undefined,
  'admin',
  'viewer',
  'release-bot',
  'public',
  'kim@acme.example',
  'ü@x',
  '10.0.0.0/16',
  '::/0',
  7,
];
const RESOURCES = [
  { type: 'table', id: 'prod.orders' },
  { type: 'db', id: 'staging/orders' },
  { type: 'audit_log', id: 'bücher-訂單' },
];
const TRUST = [undefined, 'suspended', 'probation'];

function corpus(): object[] {
  const inputs: object[] = [];
  for (const [i, name] of ACTIONS.entries()) {
    for (const [j, amount] of AMOUNTS.entries()) {
      for (const [k, word] of WORDS.entries()) {
        const words = { role: word, member: word, classification: word, destination: word, to: [word], cidr: word };
        inputs.push({
          action: { name, properties: { rows: amount, amount, ...words } },
          agent: { id: 'release-bot', groups: [], owner: 'sam@acme.example', trust: TRUST[(i + j + k) % 7] },
          context: {},
          resource: RESOURCES[(i + j * k) % 3],
          subject: { id: 'release-bot', type: 'agent' },
        });
      }
    }
  }
  return inputs;
}

it.skipIf(!opa)('the compiled policy answers what the interpreted one answers', { timeout: 120_000 }, async () => {
  const engine = new PolicyEngine(await loadBundle({ cacheDir, log }));
  const inputs = corpus();
  await writeFile(join(folder, 'input.json'), JSON.stringify({ inputs }));
  const query = '[said | some one in input.inputs; said := data.countersign.decision with input as one]';
  const args = ['eval', '--format', 'raw', '--input', join(folder, 'input.json'), '--data', SHIPPED, query];
  const { stdout } = await promisify(execFile)(opa!, args, { maxBuffer: 256 * 1024 * 1024 });
  const interpreted = JSON.parse(stdout) as unknown[];
  expect(interpreted.length).toBe(inputs.length);
  const effects = new Set<string>();
  for (const [i, input] of inputs.entries()) {
    const verdict = engine.evaluate(JSON.stringify(input));
    effects.add(verdict.effect);
    expect(verdict, JSON.stringify(input)).toEqual(readVerdict(interpreted[i], engine.revision));
  }
  expect([...effects].sort()).toEqual(['allow', 'deny', 'require_approval']);
  expect(engine.faults).toEqual({ input: 0, throw: 0, undefined: 0, schema: 0 });
});
