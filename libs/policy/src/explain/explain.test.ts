import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { explain, type Explanation } from './explain.js';
import { explainable } from './given-input.js';

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const folder = await mkdtemp(join(tmpdir(), 'countersign-explain-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const RULES = `package policies.shop

import data.lib.sizes

limits := {"small": 10, "large": 100}

# METADATA
# title: Large order
# description: More than anybody needs.
deny contains {"rule": "large-order", "reason": $"orders {input.action.properties.count}"} if {
	input.action.name == "shop.order"
	input.action.properties.count > limits.large
}

deny contains {"rule": "elsewhere", "reason": "is elsewhere"} if {
	input.action.name == "shop.order"
	not sizes.home
}

deny contains {"rule": "out-of-order", "reason": "is out of order"} if {
	amount > sizes.argument("count")
	input.action.name == "shop.order"
	amount = input.resource.properties.stock
}

deny contains {"rule": "listed", "reason": $"has {tag}"} if {
	some tag in input.context.tags
	startswith(tag, "x")
	every other in input.context.tags {
		other != "y"
	}
}

deny contains rule if {
	some name, reason in {"first": "is first", "second": "is second"}
	input.context.wants == name
	rule := {"rule": name, "reason": reason}
}

allow contains {"rule": "small-order", "reason": "is small"} if {
	input.action.name == "shop.order"
	sizes.argument("count") <= limits.small
}

allow contains {"rule": "look", "reason": "looks"} if input.action.name in {"shop.look", "shop.list"}

allow contains {"rule": "two-things", "reason": "two things are wrong"} if {
	input.action.name == "shop.order"
	input.context.a == 1
	input.context.b == 2
	input.action.name == "shop.order"
}

counts contains {"counter": "orders"} if input.action.name == "shop.order"
`;
const SIZES = `package lib.sizes

argument(name) := value if {
	value := input.action.properties[name]
	is_number(value)
}

home if not foreign

foreign if startswith(input.resource.id, "abroad")
`;
const OTHER = 'package policies.other\n\ndeny contains {"rule": "never", "reason": "never asked"}\n';
const STORE = 'package policies.store\n\nimport data.policies.shop\n\ndeny := shop.deny\n\nallow := shop.allow\n';
const EVERYWHERE = 'package policies.everywhere\n\nallow contains {"rule": "always", "reason": "always"}\n';
const GUARDRAILS =
  'package guardrails\n\ndeny contains {"rule": "guard", "reason": "x"} if input.agent.trust == "suspended"\n';

beforeAll(async () => {
  const files = {
    'shop.rego': RULES,
    'lib/sizes.rego': SIZES,
    'other.rego': OTHER,
    'g.rego': GUARDRAILS,
    's.rego': STORE,
  };
  for (const [path, text] of Object.entries({ ...files, 'everywhere/e.rego': EVERYWHERE })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});

function input(changes: object = {}): string {
  return JSON.stringify({
    action: { name: 'shop.order', properties: { count: 80 } },
    resource: { type: 'cart', id: 'abroad-1', properties: { stock: 50 } },
    context: { tags: ['a', 'xb', 'xc'], wants: 'second', a: 1 },
    agent: { id: 'release-bot', owner: 'sam', groups: [] },
    ...changes,
  });
}

describe.skipIf(!opa)('an explanation', () => {
  let said: Explanation;
  beforeAll(async () => void (said = await explain(opa!, folder, input())));
  const fired = (id: string) => said.fired.find(({ rule }) => rule === id);
  const missed = (id: string) => said.missed.find(({ rule }) => rule === id)!;

  it('consults the area, everywhere and the guardrails, and nothing else', () => {
    expect(said.area).toBe('shop');
    expect(said.packages).toEqual(['policies.shop', 'policies.everywhere', 'guardrails']);
    expect(fired('always')).toMatchObject({ package: 'policies.everywhere', values: [] });
    expect([...said.fired, ...said.missed].map(({ rule }) => rule)).not.toContain('never');
  });

  it('of a rule that nearly fired has the condition, its line and the values', () => {
    expect(missed('large-order')).toEqual({
      package: 'policies.shop',
      kind: 'deny',
      rule: 'large-order',
      title: 'Large order',
      description: 'More than anybody needs.',
      file: join(folder, 'shop.rego'),
      line: 10,
      condition: 'input.action.properties.count > limits.large',
      conditionLine: 12,
      values: [
        { of: 'input.action.properties.count', values: [80] },
        { of: 'limits.large', values: [100] },
      ],
      nearly: true,
      otherAction: false,
    });
  });

  it('of a rule that fired has what it says and what it saw, behind other packages too', () => {
    expect(fired('elsewhere')).toMatchObject({
      said: [{ rule: 'elsewhere', reason: 'is elsewhere' }],
      values: [
        { of: 'input.action.name', values: ['shop.order'] },
        { of: 'sizes.home', values: [] },
        { of: 'input.resource.id', values: ['abroad-1'] },
      ],
    });
    expect(missed('small-order').values).toContainEqual({ of: 'input.action.properties.count', values: [80] });
  });

  it('tries conditions in the order in which their variables are there', () => {
    expect(missed('out-of-order')).toMatchObject({
      condition: 'amount > sizes.argument("count")',
      nearly: true,
      values: expect.arrayContaining([{ of: 'amount', values: [50] }]) as unknown,
    });
  });

  it('of a rule that goes through a collection has every time it fires', () => {
    expect(fired('listed')!.said).toHaveLength(2);
    expect(fired('listed')!.values).toContainEqual({ of: 'tag', values: ['xb', 'xc'] });
  });

  it('of a rule without a fixed name has what it says', () => {
    const unnamed = said.fired.find(({ rule, kind }) => rule === undefined && kind === 'deny');
    expect(unnamed!.said).toEqual([{ rule: 'second', reason: 'is second' }]);
  });

  it('does not call near what is about another action, or fails twice, or looks at what is not there', () => {
    expect(missed('look')).toMatchObject({ otherAction: true });
    expect(missed('two-things')).toMatchObject({ condition: 'input.context.b == 2', nearly: true });
    expect(missed('guard')).toMatchObject({ nearly: false, values: [{ of: 'input.agent.trust', values: [] }] });
  });

  it('does not call near what fails in two places', async () => {
    const worse = await explain(opa!, folder, input({ context: {} }));
    expect(worse.missed.find(({ rule }) => rule === 'two-things')).toMatchObject({
      condition: 'input.context.a == 1',
      nearly: false,
    });
  });

  it('includes what the action is taken for', () => {
    expect(said.fired.find(({ kind }) => kind === 'counts')!.said).toEqual([{ counter: 'orders' }]);
  });

  it('of an area that has the rules of another shows those', async () => {
    const there = await explain(opa!, folder, input({ action: { name: 'store.order', properties: { count: 200 } } }));
    expect(there.packages).toEqual(['policies.store', 'policies.everywhere', 'guardrails', 'policies.shop']);
    expect(there.missed.find(({ rule }) => rule === 'large-order')).toMatchObject({ otherAction: true });
    expect(there.fired.find(({ rule }) => rule === 'listed')).toBeDefined();
  });

  it('of an area that has no package says so by naming none', async () => {
    const nowhere = await explain(opa!, folder, input({ action: { name: 'nowhere.at_all' } }));
    expect(nowhere.packages).toEqual(['policies.everywhere', 'guardrails']);
  });
});

describe('what is to be explained', () => {
  it('may be as little as a decision case has', () => {
    const read = explainable('{"action": {"name": "a.b"}, "resource": {"type": "x", "id": "y"}}');
    expect(JSON.parse((read as { input: string }).input)).toMatchObject({ agent: { owner: 'sam@acme.example' } });
  });

  it('or a whole policy input, which is taken as it is', () => {
    expect(explainable('{"time": {"unix": 1}, "action": {"name": "x"}}')).toEqual({
      input: '{"action":{"name":"x"},"time":{"unix":1}}',
    });
  });

  it.each([
    ['{', /./],
    ['[]', /not a JSON object/],
    ['{"action": {"name": "a.b"}, "resuorce": {}}', /did you mean "resource"/],
  ])('but not %s', (text, why) => {
    expect((explainable(text) as { problems: string[] }).problems.join()).toMatch(why);
  });
});
