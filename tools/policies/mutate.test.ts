import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findOpa } from '@countersign/policy';
import { caseInput, readCases, runCase } from '@countersign/policy/authoring';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readVerdict } from '../../libs/policy/src/verdict-schema.js';
import { changedSince } from './changed.mjs';
import { readEquivalents } from './equivalent.mjs';
import { mutantsOf } from './mutants.mjs';
import { mutate, parse, type PackReport } from './mutate.mjs';

const ROOT = join(import.meta.dirname, '../..');
const SHIPPED = join(ROOT, 'policies');
const opa = await findOpa({ cacheDir: join(ROOT, '.countersign/cache'), log: () => {}, install: false });
const reading = { caseInput, readCases, runCase, readVerdict };

const SHOP = `package policies.shop

allow contains {"rule": "small", "reason": "is small"} if {
	input.action.name == "shop.buy"
	input.action.properties.price < 10
}
`;
const PLANTED = `
deny contains {"rule": "never-tried", "reason": "is forbidden"} if input.action.name == "shop.steal"
`;
const TESTS = `package policies.shop_test

import data.policies.shop

bought(price) := said if {
	said := shop.allow with input as {"action": {"name": "shop.buy", "properties": {"price": price}}}
}

test_small_things_are_bought if count(bought(9)) == 1

test_large_things_are_not if count(bought(11)) == 0
`;
const STOLEN = `cases:
  - name: stealing is forbidden
    input: {action: {name: shop.steal}, resource: {type: cart, id: c}}
    expect: {effect: deny, rules: [never-tried]}
`;

async function folderOf(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-mutants-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

async function reports(folder: string, more: Partial<Parameters<typeof mutate>[0]> = {}) {
  const found: PackReport[] = [];
  const cacheDir = join(folder, '.cache');
  for await (const one of mutate({ folder, shipped: SHIPPED, opa: opa!, cacheDir, reading, ...more })) found.push(one);
  return found;
}

const shop = (rego: string, tests: Record<string, string> = {}) =>
  folderOf({ 'shop/shop.rego': rego, 'shop/shop_test.rego': TESTS, ...tests });
const shown = (report: PackReport | undefined) => report?.survived.map(({ line, what }) => `${line}: ${what}`);

describe.skipIf(!opa)('the mutation check', { timeout: 240_000 }, () => {
  it('finds nothing where every rule and every condition is tried', async () => {
    const [report] = await reports(await shop(SHOP), { areas: ['shop'] });
    expect(report).toMatchObject({ name: 'shop', mutants: 3, killed: 3, survived: [], invalid: [] });
  });

  it('reports a rule that no test tries, where it stands and how it was broken', async () => {
    const [report] = await reports(await shop(SHOP + PLANTED), { areas: ['shop'] });
    expect(report).toMatchObject({ mutants: 5, killed: 3 });
    expect(report!.survived.map(({ file, rule }) => `${file} ${rule}`)).toEqual(
      Array(2).fill('shop/shop.rego policies.shop.deny never-tried'),
    );
    expect(shown(report)).toEqual(['8: removed', '8: inverted: input.action.name == "shop.steal"']);
  });

  it('takes a decision case for a test', async () => {
    const folder = await shop(SHOP + PLANTED, { 'shop/shop.cases.yaml': STOLEN });
    expect(await reports(folder, { areas: ['shop'] })).toMatchObject([{ mutants: 5, killed: 5, survived: [] }]);
  });

  it('finds, when asked to look deeper, a limit that is tried from one side only', async () => {
    const [report] = await reports(await shop(SHOP), { areas: ['shop'], deep: true });
    expect(shown(report)).toEqual([
      '4: left out: input.action.name == "shop.buy"',
      '5: moved by one: input.action.properties.price < 10',
    ]);
  });

  it('asks nobody again while nothing has changed, and everybody when a test has', async () => {
    const folder = await shop(SHOP);
    await reports(folder, { areas: ['shop'] });
    expect(await reports(folder, { areas: ['shop'] })).toMatchObject([{ killed: 3, cached: 3 }]);
    await writeFile(join(folder, 'shop/shop_test.rego'), TESTS.replace('bought(11)', 'bought(12)'));
    expect(await reports(folder, { areas: ['shop'] })).toMatchObject([{ killed: 3, cached: 0 }]);
  });

  it('says nothing of rules whose tests fail before anything is broken', async () => {
    const folder = await shop(SHOP.replace('< 10', '< 5'));
    const [report] = await reports(folder, { areas: ['shop'] });
    expect(report!.broken).toBe(
      'before anything is changed, data.policies.shop_test.test_small_things_are_bought fails',
    );
  });

  it('looks at changed rules only, when asked to', async () => {
    const folder = await shop(SHOP);
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args]);
    git('init', '--quiet');
    git('add', 'shop');
    git('commit', '--quiet', '--message', 'a shop');
    await writeFile(join(folder, 'shop/shop.rego'), SHOP + PLANTED);
    const changed = changedSince('HEAD', folder);
    expect(await reports(folder, { areas: ['shop'], changed })).toMatchObject([{ mutants: 2, killed: 0 }]);
  });

  it('says when a mutant that was declared the same in effect is not, or is no more', async () => {
    const [killed, gone] = ['removed', 'else branch 1 removed'].map(
      (what) => `shop/shop.rego policies.shop.allow small 1 ${what}`,
    );
    const equivalents = {
      because: () => 'it is the same',
      ids: () => [killed!, gone!, 'cart/cart.rego policies.cart.allow 1 removed'],
    };
    const [report] = await reports(await shop(SHOP), { areas: ['shop'], equivalents });
    expect(report!.stale).toEqual([killed, gone]);
  });

  it('kills every mutant of the guardrails and of what holds everywhere', async () => {
    const [everywhere, guardrails] = await reports(SHIPPED, {
      areas: ['everywhere', 'guardrails'],
      cacheDir: join(ROOT, '.countersign/cache'),
      equivalents: await readEquivalents(),
    });
    expect(everywhere).toMatchObject({ survived: [], invalid: [] });
    expect(guardrails).toMatchObject({ survived: [], invalid: [] });
    expect(everywhere!.mutants + guardrails!.mutants).toBeGreaterThan(30);
  });
});

describe.skipIf(!opa)('a mutant', () => {
  it.each([
    ['p if input.a == 1', 'p if { false; input.a == 1 }', 'p if input.a != 1'],
    [
      'p if {\n\t# why\n\tinput.a > 1\n}',
      'p if {\n\t# why\n\tfalse; input.a > 1\n}',
      'p if {\n\t# why\n\tinput.a <= 1\n}',
    ],
    ['p if not input.a', 'p if { false; not input.a }', 'p if input.a'],
    ['p if is_string(input.a)', 'p if { false; is_string(input.a) }', 'p if not is_string(input.a)'],
    ['p contains input.a', 'p contains input.a if false'],
    ['default p := false', ''],
    ['p := input.a < 1', 'p := input.a < 1 if false', 'p := input.a >= 1'],
    ['p if "é" == input.a', 'p if { false; "é" == input.a }', 'p if "é" != input.a'],
  ])('of %s is what a person might have written', (rule, ...broken) => {
    expect(broken).toEqual(mutants(rule).map(({ text }) => ruleOf(text)));
  });

  it('breaks an else branch and the inside of every and of comprehensions too', () => {
    const rule = 'p := 1 if {\n\tevery x in input.a { x > 1 }\n} else := [x | some x in input.b; not x == 2]';
    expect(mutants(rule).map(({ what }) => what)).toEqual([
      'removed',
      'inverted: every x in input.a { x > 1 }',
      'inverted: x > 1',
      'else branch 1 removed',
      'inverted: not x == 2',
    ]);
  });

  it('inverts the condition of an else branch on one line', () => {
    const broken = mutants('p := 1 if input.a\n\nelse := 2 if not input.b').map(({ text }) => ruleOf(text));
    expect(broken).toContain('p := 1 if input.a\n\nelse := 2 if input.b');
  });

  it('asks for other people, when it goes deeper', () => {
    const rule = 'p contains {"rule": "r", "seats": [{"group": "dba", "count": 2}]}';
    const deep = mutants(rule, true);
    expect(deep.map(({ rule: name, what }) => `${name}: ${what}`)).toEqual([
      'x.p r: removed',
      'x.p r: another group: "dba"',
      'x.p r: another count: 2',
    ]);
  });
});

const ruleOf = (text: string) => text.replace('package x\n\n', '').replace(/\n$/, '');

function mutants(rule: string, deeper = false) {
  const source = `package x\n\n${rule}\n`;
  return mutantsOf('x.rego', source, parse(opa!, source)).filter(({ deep }) => deeper || !deep);
}
