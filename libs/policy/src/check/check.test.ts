import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { checkPolicies } from './check.js';

const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const folders: string[] = [];
const newFolder = async () => {
  folders.push(await mkdtemp(join(tmpdir(), 'countersign-check-')));
  return folders.at(-1)!;
};
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function check(files: Record<string, string>, regal?: string) {
  const folder = await newFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const report = await checkPolicies(folder, { opa: opa!, ...(regal ? { regal } : {}) });
  const lines = report.findings
    .filter(({ code }) => code !== 'countersign/layout')
    .map(
      ({ file, line, column, severity, code, message, fix }) =>
        `${file.slice(folder.length + 1)}:${line}:${column} ${severity} ${code} ${message} | ${fix ?? ''}`,
    );
  return { ...report, lines };
}

/** A module that is fine but for what is added, which begins on line 5. */
const module = (area: string, ...lines: string[]) => {
  const fine = `allow contains {"rule": "look", "reason": "looks"} if input.action.name == "${area}.look"`;
  return `package policies.${area}\n\n${fine}\n${lines.map((line) => `\n${line}\n`).join('')}`;
};
const shop = (...lines: string[]) => ({ 'shop/shop.rego': module('shop', ...lines) });
const RULE = '{"rule": "r", "reason": "why"}';
const HELD = '"rule": "r", "reason": "w", "seats": [{"group": "x"}]';

const WRONG: [what: string, line: string, said: RegExp][] = [
  [
    'a slip in the input',
    `deny contains ${RULE} if input.actoin.id`,
    /^5:\d+ error .* input.actoin.id \| .*"action"\?/,
  ],
  ['a slip in a member', `deny contains ${RULE} if input.time.hours > 5`, /input.time.hours \| did you mean "hour"\?/],
  ['a number instead of a text', `deny contains ${RULE} if input.action.name == 5`, /rego_type_error match error/],
  ['a clock', `deny contains ${RULE} if time.now_ns() > 5`, /time.now_ns is not available .* \| .* read input.time/],
  ['the network', `deny contains ${RULE} if http.send({}).body`, /http.send is not available to policies/],
  ['a name nobody uses', `deny contains ${RULE} if { x := input.action.name }`, /assigned var x unused/],
  [
    'a denial that is a value',
    'deny if input.principal == "kim"',
    /^5:1 error countersign\/not-a-set .* \| deny contains/,
  ],
  ['a default', 'default deny := false', /countersign\/not-a-set/],
  ['a rule by key', `deny[name] := ${RULE} if name := input.action.name`, /countersign\/not-a-set/],
  [
    'no reason',
    'deny contains {"rule": "r"} if true',
    /^5:15 error countersign\/missing-member the rule has no reason/,
  ],
  ['no name', 'allow contains {"reason": "r"} if true', /no rule: what it would allow is denied/],
  ['an approval that asks nobody', `require_approval contains ${RULE} if true`, /missing-member the rule has no seats/],
  ['a denial that is a text', 'deny contains "never" if true', /countersign\/not-an-object/],
  ['a member that is misspelt', 'deny contains {"rule": "r", "reason": "w", "rsik": 1} if true', /^5:52 .*"risk"\?/],
  ['a risk that is none', 'deny contains {"rule": "r", "reason": "w", "risk": "huge"} if true', /risk is "huge"/],
  ['a time that is none', `require_approval contains {${HELD}, "expires_in": "soon"} if true`, /expires_in is "soon"/],
  ['a rule in a variable', 'deny contains rule if rule := {"rule": "r"}', /missing-member the rule has no reason/],
  ['a fact that is none', 'flow contains "wayout" if true', /unknown-fact .* \| did you mean "way_out"\?/],
  ['a count of nothing', 'counts contains {"amount": 1} if true', /missing-member the rule has no counter/],
  [
    'another area',
    `deny contains ${RULE} if input.action.name == "x.buy"`,
    /warning .*unrouted-action "x.buy" is routed/,
  ],
  ['one in a set', `deny contains ${RULE} if input.action.name in {"AREA.a", "x.b"}`, /unrouted-action "x.b"/],
  [
    'a name that nobody asks for',
    `denys contains ${RULE} if true`,
    /warning countersign\/never-asked .* did you mean deny/,
  ],
  [
    'history that is empty',
    `deny contains ${RULE} if input.history.counters.x`,
    /^5:\d+ error countersign\/no-history/,
  ],
];

describe.skipIf(!opa)('a policy that is wrong is told so, with file, line and column', () => {
  let said: string[];
  beforeAll(async () => {
    const files = WRONG.map(([, line], i) => [`a${i}.rego`, module(`a${i}`, line.replace('AREA', `a${i}`))]);
    said = (await check(Object.fromEntries(files) as Record<string, string>)).lines;
  });

  it.each(WRONG.map(([what, , expected], i) => [what, expected, `a${i}.rego:`] as const))('%s', (_, expected, file) => {
    const own = said.filter((line) => line.startsWith(file)).map((line) => line.slice(file.length));
    expect(own).toEqual([expect.stringMatching(expected)]);
  });

  it('no Rego at all', async () => {
    expect((await check(shop('deny contains {'))).lines.join()).toMatch(
      /^shop\/shop.rego:\d+:\d+ error rego_parse_error/,
    );
  });

  it('nothing, when it only looks wrong', async () => {
    const { findings, revision, packages } = await check({
      ...shop(
        `deny contains ${RULE} if not input.action.name == "store.buy"`,
        'flow contains fact if some fact in ["way_out"]',
        `deny contains ${RULE} if input.history.flow.untrusted_read`,
        'deny contains rule if rule := object.union({"rule": "r"}, {"reason": input.action.name})',
      ),
      'everywhere/everywhere.rego': module('everywhere', `deny contains ${RULE} if input.action.name == "any.thing"`),
      'lib/lib.rego': 'package lib.parts\n\nallow if input.principal\n',
    });
    expect(findings).toEqual([]);
    expect(revision).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(packages).toBe(3);
  });

  it('nothing, when an area has the rules of another', async () => {
    const { lines } = await check({
      ...shop(
        `deny contains ${RULE} if input.action.name in {"shop.buy", "store.buy"}`,
        `deny contains ${RULE} if input.history.flow.untrusted_read`,
        'flow contains "way_out" if input.action.name == "store.send"',
      ),
      'store.rego':
        'package policies.store\n\nimport data.policies.shop\n\ndeny := shop.deny\n\nallow := data.policies.shop.allow\n\nflow := shop.flow\n',
    });
    expect(lines).toEqual([]);
  });

  it('history that a library reads counts as read', async () => {
    const limits = 'package lib.limits\n\nsum := input.history.counters.x.subject["1h"].sum\n';
    const reads = `package policies.shop\n\nimport data.lib.limits\n\ndeny contains ${RULE} if limits.sum > 5\n`;
    const files = { 'lib/limits.rego': limits, 'shop/shop.rego': reads };
    expect((await check(files)).lines.join()).toMatch(/shop\/shop.rego:3:\d+ error countersign\/no-history/);
    const counts = `${reads}\ncounts contains {"counter": "x"} if input.action.name == "shop.buy"\n`;
    expect((await check({ ...files, 'shop/shop.rego': counts })).lines).toEqual([]);
  });

  it('a package that nothing routes to', async () => {
    const text = (name: string, rule = 'deny') => `package ${name}\n\n${rule} contains ${RULE} if true\n`;
    const { lines } = await check({
      ...shop(),
      'a.rego': text('shop'),
      'b.rego': text('policies.shop.more'),
      'c.rego': text('guardrails', 'allow'),
      'd.rego': text('guardrails'),
    });
    expect(lines).toEqual([
      expect.stringContaining('a.rego:3:1 warning countersign/unrouted-package'),
      expect.stringContaining('b.rego:3:1 warning countersign/unrouted-package'),
      expect.stringContaining('c.rego:3:1 error countersign/never-asked guardrails only deny'),
    ]);
  });

  it('a layout of its own, as a warning', async () => {
    const { findings } = await check(shop(`deny   contains ${RULE} if input.principal`));
    expect(findings).toMatchObject([{ code: 'countersign/layout', severity: 'warning', line: 1 }]);
  });

  it('what regal says is passed on as a warning, where there is a regal', async () => {
    const violation = {
      title: 'prefer-snake-case',
      category: 'style',
      description: 'Prefer snake_case',
      location: { file: 'policies/shop/shop.rego', row: 3, col: 7 },
      related_resources: [{ ref: 'https://regal.example/rule' }],
    };
    const regal = join(await newFolder(), 'regal');
    await writeFile(regal, `#!/bin/sh\ncat <<'E'\n${JSON.stringify({ violations: [violation] })}\nE\nexit 3\n`);
    await chmod(regal, 0o755);
    const report = await check(shop(), regal);
    expect(report.regal).toBe(true);
    expect(report.lines).toEqual([
      'shop/shop.rego:3:7 warning regal/style/prefer-snake-case Prefer snake_case | see https://regal.example/rule',
    ]);
    expect((await check(shop(), join(regal, 'none'))).regal).toBe(false);
  });
});
