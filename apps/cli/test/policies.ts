import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cacheDir = fileURLToPath(new URL('../../../.countersign/cache', import.meta.url));

// Loaded as the command line loads it, which keeps it out of every other verb's start.
const { findOpa } = await import('@countersign/policy');

/** The opa these tests use, if there is one: nothing is installed for them. */
export const opa = await findOpa({ cacheDir, log: () => {}, install: false });
/** The environment in which the command line finds that same opa. */
export const env: Record<string, string> = opa === undefined ? {} : { OPA_BIN: opa };

/** A shop whose orders of more than ten pieces are held, with a test and a case. */
export const SHOP: Record<string, string> = {
  'shop/shop.rego': `# METADATA
# title: Shop
# scope: package
package policies.shop

# METADATA
# title: Large order
# description: Ten pieces are what one customer needs.
require_approval contains {
	"rule": "large-order",
	"reason": $"orders {input.action.properties.count} pieces",
	"risk": "medium",
	"seats": [{"group": "finance", "count": 1}],
	"expires_in": "15m",
} if {
	input.action.name == "shop.order"
	input.action.properties.count > 10
}

# METADATA
# title: Small order
allow contains {"rule": "small-order", "reason": "orders few pieces"} if {
	input.action.name == "shop.order"
	input.action.properties.count <= 10
}
`,
  'shop/shop_test.rego': `package policies.shop_test

test_a_large_order_is_held if {
	held := data.policies.shop.require_approval with input as {"action": {"name": "shop.order", "properties": {"count": 11}}}
	count(held) == 1
}
`,
  'shop/shop.cases.yaml': `cases:
  - name: eleven pieces ask finance
    input:
      action: {name: shop.order, properties: {count: 11}}
      resource: {type: cart, id: cart-1}
    expect: {effect: require_approval, seats: {finance: 1}, rules: [large-order], reasons: [orders 11 pieces]}
`,
};

/** A policy folder for one test file. */
export async function policyFolder(files: Record<string, string> = SHOP) {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-cli-policies-'));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return { folder, write, remove: () => rm(folder, { recursive: true, force: true }) };
}
