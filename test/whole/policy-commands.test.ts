import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandalone, type Standalone } from '@countersign/app-standalone';
import { parseSettings } from '@countersign/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { env, opa } from '../../apps/cli/test/policies.js';
import { countersign } from '../../apps/cli/test/terminal-run.js';
import { freePorts } from '../../tools/services/ports.mjs';
import { testDatabase } from '../postgres.js';
import { http } from '../wire.js';
import { until } from '../until.js';

// The commands of a security engineer against the running product: what it decided is asked again from the record.

const SHOP = `package policies.shop

allow contains {"rule": "small", "reason": "is small"} if {
	input.action.name == "shop.buy"
	input.action.properties.price <= 10
}

require_approval contains {
	"rule": "adds-up",
	"reason": $"comes to {spent + input.action.properties.price}",
	"seats": [{"group": "dba", "count": 1}],
} if {
	spent := input.history.counters.bought.subject["24h"].sum
	spent + input.action.properties.price > 25
}

counts contains {"counter": "bought", "amount": input.action.properties.price} if input.action.name == "shop.buy"

deny contains {"rule": "night", "reason": "closed"} if input.context.night
`;

describe.skipIf(!opa)('from the record of the running product', () => {
  let product: Standalone;
  let folder: string;
  let policies: string;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  const ids: string[] = [];

  const policy = (...args: string[]) =>
    countersign(
      [
        'policy',
        ...args,
        '--address',
        `127.0.0.1:${product.grpcPort}`,
        '--http',
        `http://127.0.0.1:${product.httpPort}`,
      ],
      { env: { ...env, COUNTERSIGN_DATA_DIR: folder, COUNTERSIGN_TOKEN: 'cs_dev_dana' } },
    );
  const buy = async (price: number, more: object = {}) => {
    const body = {
      action: { name: 'shop.buy' },
      arguments: { price },
      resource: { type: 'thing', id: `thing-${ids.length}`, properties: { colour: 'grün' } },
      ...more,
    };
    const { id } = await http<{ id: string }>(product.httpPort, 'cs_dev_release-bot', '/v1/decisions', { body });
    ids.push(id);
  };

  beforeAll(async () => {
    database = await testDatabase();
    folder = await mkdtemp(join(tmpdir(), 'countersign-policy-commands-'));
    policies = join(folder, 'policies');
    await mkdir(policies);
    await writeFile(join(policies, 'shop.rego'), SHOP);
    const [grpcPort, httpPort] = await freePorts(2);
    product = await startStandalone(
      parseSettings({
        DATABASE_URL: database.url,
        COUNTERSIGN_DATA_DIR: folder,
        COUNTERSIGN_POLICIES: policies,
        COUNTERSIGN_GRPC_PORT: String(grpcPort),
        COUNTERSIGN_HTTP_PORT: String(httpPort),
        COUNTERSIGN_LOG_LEVEL: 'silent',
        ...(opa ? { OPA_BIN: opa } : {}),
      }),
      () => undefined,
    );
    for (const price of [10, 9, 8, 7, 50]) await buy(price);
    await buy(5, { context: { night: true, session_id: 's1' }, principal: 'lee@acme.example' });
    await buy(1, { arguments: { price: 1, text: 'x'.repeat(60_000) } });
    await until('the record has them all', async () => {
      const { stdout } = await policy('report', '--json');
      return (JSON.parse(stdout) as { requests?: number }).requests === ids.length;
    });
  });
  afterAll(async () => {
    await product?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('the policy that served answers every request as it did, history and all', async () => {
    const { code, stdout } = await policy('replay', '--from', 'live', '--policy', policies, '--json');
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      ok: true,
      requests: 6,
      effects: { allow: { allow: 2 }, require_approval: { require_approval: 3 }, deny: { deny: 1 } },
      ...{ loosened: 0, tightened: 0, other_rules: 0, without_history: 0 },
      not_replayable: { 'action.properties was too large to be recorded': 1 },
    });
    expect(code).toBe(0);
  });

  it('a looser limit is seen in what it would have let through', async () => {
    const looser = join(folder, 'looser');
    await mkdir(looser);
    await writeFile(join(looser, 'shop.rego'), SHOP.replace('> 25', '> 40'));
    const { code, stdout } = await policy('replay', '--from', 'live', '--policy', looser);
    expect(code).toBe(1);
    expect(stdout).toContain(ids[2]);
    expect(stdout).toContain('ask becomes allow');
  });

  it('what was exported is replayed without a service', async () => {
    const file = join(folder, 'ledger.jsonl');
    const address = ['--address', `127.0.0.1:${product.grpcPort}`, '--token', 'cs_dev_dana'];
    expect((await countersign(['audit', 'export', '--out', file, ...address])).code).toBe(0);
    expect((await readFile(file, 'utf8')).split('\n').length).toBeGreaterThan(ids.length);
    const args = ['policy', 'replay', '--from', file, '--policy', policies];
    expect((await countersign(args, { env })).stdout).toContain('6 requests: 0 loosened, 0 tightened');
  });

  it('a decision is explained with the history it had', async () => {
    const { code, stdout, stderr } = await policy('explain', ids[2]!, '--policies', policies);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('"comes to 27"');
    expect(stdout).toContain('spent is 19');
  });

  it('what serves is not taken for what was activated', async () => {
    const { code, stderr } = await policy('diff', 'serving', policies);
    expect(code).toBe(1);
    expect(stderr).toContain(policies);
  });
});
