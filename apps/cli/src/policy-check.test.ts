import { afterAll, describe, expect, it } from 'vitest';
import { env, opa, policyFolder, SHOP } from '../test/policies.js';
import { countersign } from '../test/terminal-run.js';

const good = await policyFolder();
const slip = await policyFolder({
  ...SHOP,
  'shop/shop.rego': SHOP['shop/shop.rego']!.replace('input.action.name', 'input.actoin.name'),
});
afterAll(async () => {
  for (const { remove } of [good, slip]) await remove();
});

const check = (folder: string, ...args: string[]) =>
  countersign(['policy', 'check', '--policies', folder, ...args], { env });

describe.skipIf(!opa)('policy check', () => {
  it('has nothing to say about a policy that is right', async () => {
    const { code, stdout } = await check(good.folder);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {2}1 packages, 0 errors, 0 warnings\n {4}sha256:/);
    expect((await check(good.folder, '--json')).stdout.trim()).toBe('[]');
  });

  it('names the place and what was meant, and ends with 1', async () => {
    const { code, stdout } = await check(slip.folder);
    expect(code).toBe(1);
    expect(stdout).toContain(`${slip.folder}/shop/shop.rego:16:2  error  undefined ref: input.actoin.name`);
    expect(stdout).toContain('did you mean "action"?');
  });

  it('--json is a list of findings', async () => {
    const { stdout } = await check(slip.folder, '--json');
    expect(JSON.parse(stdout)).toEqual([
      {
        file: `${slip.folder}/shop/shop.rego`,
        line: 16,
        column: 2,
        severity: 'error',
        code: 'rego_type_error',
        message: 'undefined ref: input.actoin.name',
        fix: 'did you mean "action"?',
      },
    ]);
  });

  it('a folder that is not there says how to name another', async () => {
    const { code, stderr } = await check('/nowhere');
    expect(code).toBe(1);
    expect(stderr).toContain('--policies');
  });

  it('an opa that does not run is said so', async () => {
    const { code, stderr } = await countersign(['policy', 'check'], { env: { OPA_BIN: '/nowhere/opa' } });
    expect(code).toBe(1);
    expect(stderr).toContain('OPA_BIN is /nowhere/opa');
  });
});
