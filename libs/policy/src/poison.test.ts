import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseBundle, type Bundle } from './bundle.js';
import { BUILTINS } from './builtins/table.js';
import { PolicyEngine } from './engine.js';
import { MAX_INPUT_BYTES } from './input-guard.js';
import { Instance, runnable } from './instance.js';
import { findOpa } from './opa.js';
import { SHIPPED } from './sources.js';

// About a thousand errors of one kind break a WASM instance for good. Each kind is given five thousand times, and then one
// request that everything must be right about.

const TIMES = 5_000;
const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const folder = mkdtempSync(join(tmpdir(), 'countersign-poison-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RULES = `package countersign

decision := {"effect": "allow", "reasons": [{"rule": "x", "text": said}], "risk": {"level": "low"}, "obligations": []}

said := crypto.sha256(input.action.name) if input.action.name == "db.hash"
said := concat("", [x | some i in numbers.range(1, 1000000); x := format_int(i, 10)]) if input.action.name == "db.fill"
said := time.clock([0, input.action.zone]) if input.action.name == "db.zone"
said := "read" if input.action.name == "db.read"
`;

function compiled(): Bundle {
  writeFileSync(join(folder, 'rules.rego'), RULES);
  const target = ['build', '-t', 'wasm', '-e', 'countersign/decision', '-o', 'rules.tar.gz', 'rules.rego'];
  execFileSync(opa!, target, { cwd: folder });
  return parseBundle(readFileSync(join(folder, 'rules.tar.gz')), 'file', 'rules');
}

const asking = (name: string, more = '') => `{"action":{"name":"${name}"${more}},"agent":{},"context":{}}`;
const GOOD = asking('db.read');
const deep = (levels: number) => asking('db.read', `,"deep":${'['.repeat(levels)}${']'.repeat(levels)}`);

const throwing = {
  ...BUILTINS,
  'crypto.sha256': () => {
    throw new Error('a mistake in a builtin');
  },
};

describe.skipIf(!opa)('after 5,000 inputs that are poison, a good one is answered right, in no more memory:', () => {
  const bundle = opa ? compiled() : ({} as Bundle);

  it.each<[string, string, 'input' | 'throw']>([
    ['a lone surrogate', asking('db.read', ',"x":"\ud800"'), 'input'],
    ['an escaped surrogate', asking('db.read', ',"x":"\\udc00"'), 'input'],
    ['20,000 levels', deep(20_000), 'input'],
    ['one level too many', deep(70), 'input'],
    ['one byte too many', asking('db.read', `,"x":"${'x'.repeat(MAX_INPUT_BYTES)}"`), 'input'],
    ['half an object', GOOD.slice(0, -1), 'input'],
    ['a builtin that throws', asking('db.hash'), 'throw'],
  ])('%s', { timeout: 120_000 }, (_, poison, kind) => {
    const engine = new PolicyEngine(bundle, { builtins: throwing });
    expect(engine.evaluate(GOOD).effect).toBe('allow');
    const memory = engine.memoryBytes;
    const resident = process.memoryUsage().rss;
    for (let i = 0; i < TIMES; i++) expect(engine.evaluate(poison).effect).toBe('deny');
    expect(engine.evaluate(GOOD).reasons).toEqual([{ rule: 'x', text: 'read' }]);
    expect(engine.faults).toEqual({ input: 0, throw: 0, undefined: 0, schema: 0, [kind]: TIMES });
    expect(engine.retired).toBe(kind === 'throw' ? TIMES : 0);
    expect(engine.memoryBytes).toBe(memory);
    expect(process.memoryUsage().rss - resident).toBeLessThan(256 * 1024 * 1024);
  });

  it('operands that no builtin takes cost no instance', () => {
    const engine = new PolicyEngine(bundle);
    for (let i = 0; i < TIMES; i++)
      engine.evaluate(asking('db.zone', `,"zone":${i % 2 === 0 ? '"No/Where"' : '{"a":[]}'}`));
    expect(engine.evaluate(GOOD).effect).toBe('allow');
    expect(engine.retired).toBe(0);
  });

  it('a policy that fills all memory denies, and the next request has a small instance again', () => {
    const engine = new PolicyEngine(bundle);
    const memory = engine.memoryBytes;
    for (let i = 0; i < 20; i++) expect(engine.evaluate(asking('db.fill')).effect).toBe('deny');
    expect(engine.evaluate(GOOD).effect).toBe('allow');
    expect(engine.memoryBytes).toBeLessThanOrEqual(memory);
    expect(engine.retired).toBe(20);
  });

  it('a module for another entrypoint is not taken', () => {
    const module = new WebAssembly.Module(runnable(bundle.wasm));
    expect(() => new Instance(module, '{}', { entrypoint: 'other/rule' })).toThrow('no entrypoint other/rule');
    expect(() => new Instance(module, '{')).toThrow('the data is not JSON');
  });

  it('a module that calls what is not there is known by its wants', () => {
    const module = new WebAssembly.Module(runnable(bundle.wasm));
    expect(new Instance(module, '{}').missingBuiltins()).toEqual([]);
    expect(new Instance(module, '{}', { builtins: {} }).missingBuiltins()).toEqual(['crypto.sha256', 'time.clock']);
    expect(() => new PolicyEngine(bundle, { builtins: {} })).toThrow(/crypto\.sha256 is not available to policies/);
  });
});
