import { afterAll, describe, expect, it } from 'vitest';
import { env, opa, policyFolder, SHOP } from '../test/policies.js';
import { countersign } from '../test/terminal-run.js';

const shop = await policyFolder();
afterAll(() => shop.remove());

const test = (...args: string[]) => countersign(['policy', 'test', '--policies', shop.folder, ...args], { env });
const changed = async (path: string, from: string, to: string, work: () => Promise<void>) => {
  expect(SHOP[path]).toContain(from);
  await shop.write(path, SHOP[path]!.replace(from, to));
  await work().finally(() => shop.write(path, SHOP[path]!));
};

describe.skipIf(!opa)('policy test', () => {
  it('runs the Rego tests and the decision cases', async () => {
    const { code, stdout } = await test();
    expect(stdout).toContain('1 Rego tests passed, 0 failed; 1 decision cases passed, 0 failed');
    expect(code).toBe(0);
  });

  it('runs what the name asks for, and does not call nothing a success', async () => {
    expect((await test('--run', 'eleven pieces')).stdout).toContain('0 Rego tests passed, 0 failed; 1 decision cases');
    const { code, stderr } = await test('--run', 'nothing like this');
    expect(code).toBe(2);
    expect(stderr).toContain('no test and no case');
    expect((await test('--run', '(')).code).toBe(2);
  });

  it('a case that fails says what was expected, what came and why', async () => {
    await changed('shop/shop.cases.yaml', 'count: 11', 'count: 10', async () => {
      const { code, stdout } = await test();
      expect(code).toBe(1);
      expect(stdout).toContain(`eleven pieces ask finance  ${shop.folder}/shop/shop.cases.yaml:2`);
      expect(stdout).toMatch(/effect +expected require_approval, got allow/);
      expect(stdout).toMatch(/rules +missing large-order, unexpected small-order/);
      expect(stdout).toContain('small-order: orders few pieces');
    });
  });

  it('a Rego test that fails is named with its place', async () => {
    await changed('shop/shop_test.rego', 'count(held) == 1', 'count(held) == 2', async () => {
      const { code, stdout } = await test();
      expect(code).toBe(1);
      expect(stdout).toContain(`policies.shop_test.test_a_large_order_is_held  ${shop.folder}/shop/shop_test.rego:3`);
    });
  });

  it('a case that cannot be read fails with line and column', async () => {
    await changed('shop/shop.cases.yaml', 'seats:', 'seat:', async () => {
      const { code, stdout } = await test('--json');
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        ok: false,
        problems: [{ line: 6, column: 40, message: expect.stringContaining('did you mean "seats"') as unknown }],
      });
    });
  });

  it('a file without a case is an error, and so is a folder without any test', async () => {
    await shop.write('shop/empty.cases.yaml', 'cases: []\n');
    expect((await test()).code).toBe(1);
    const bare = await policyFolder({ 'shop/shop.rego': SHOP['shop/shop.rego']! });
    const { code, stderr } = await countersign(['policy', 'test', '--policies', bare.folder], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('there are no tests');
    await bare.remove();
  });

  it('tests that do not compile are quoted with the place in the folder', async () => {
    await shop.write('shop/broken_test.rego', 'package policies.broken_test\n\ntest_x if unknown\n');
    const { code, stderr } = await test();
    expect(code).toBe(1);
    expect(stderr).toContain(`${shop.folder}/shop/broken_test.rego:3`);
  });
});
