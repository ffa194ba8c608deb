import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { CASES, REGEX_CASES } from '../../test/builtin-cases.js';
import { SET_CASES } from '../../test/net-cases.js';
import { TIME_CASES } from '../../test/time-cases.js';
import { Instance } from '../instance.js';
import { findOpa } from '../opa.js';
import { SHIPPED } from '../sources.js';
import { unpack } from '../tarball.js';
import { parseValue } from '../wasm/notation.js';
import { keyOf, RegoObject, type Value } from '../wasm/value.js';
import { BUILTINS } from './table.js';

// One module with a rule for every call, evaluated by OPA's own evaluator and by ours: no call may differ, and none may end
// the evaluation.

const run = promisify(execFile);
const opa = await findOpa({ cacheDir: join(SHIPPED, '..', '.countersign', 'cache'), log: () => {}, install: false });
const folder = await mkdtemp(join(tmpdir(), 'countersign-builtins-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Operands that hardly any builtin takes, in every place: what an agent sends may be of any kind. */
const ODD = [
  'null',
  'true',
  '-1',
  '0',
  '1.5',
  '1e30',
  '""',
  '"x"',
  '"ü🧾"',
  '[]',
  '[1]',
  '["a"]',
  '{}',
  '{"a": 1}',
  'set()',
  '{"a"}',
];

interface Call {
  name: string;
  operands: string;
}

function oddCalls(name: string, arity: number): Call[] {
  const tuples = arity === 1 ? ODD.map((one) => [one]) : Array.from({ length: 60 }, (_, i) => pick(i, arity));
  // OPA itself would count up to it for ever.
  const finite = name === 'numbers.range_step' ? tuples.filter((tuple) => !tuple.includes('1e30')) : tuples;
  return finite.map((tuple) => ({ name, operands: tuple.join(', ') }));
}

// Spread over all combinations, the same on every run.
function pick(seed: number, arity: number): string[] {
  return Array.from(
    { length: arity },
    (_, place) => ODD[(seed * 7 + place * (seed + 3) * 5 + (seed >> 2)) % ODD.length]!,
  );
}

function moduleOf(calls: Call[], setValued: ReadonlySet<string>): string {
  // Through a function operands lose their types, so that the compiler lets wrong ones pass.
  const rules = calls.map(({ name, operands }, i) => {
    const [tuple, ...rest] = [`tuple := [${operands}]`, `untyped(tuple)`];
    const places = arity(name);
    const args = Array.from({ length: places }, (_, place) => `t[${place}]`).join(', ');
    const call = `${name}(${args})`;
    return `out[${i}] := y if { ${tuple}; t := ${rest[0]}; x := ${call}; y := ${setValued.has(name) ? 'sort(x)' : 'x'} }`;
  });
  return `package builtins\n\nuntyped(x) := x\n\n${rules.join('\n')}\n`;
}

const ARITIES: Record<string, number> = JSON.parse('{}');
function arity(name: string): number {
  return ARITIES[name] ?? 1;
}

describe.skipIf(!opa)('every builtin, asked of opa and of us', async () => {
  const { stdout } = await run(opa ?? 'opa', ['capabilities', '--current'], { maxBuffer: 1 << 24 });
  for (const { name, decl } of (JSON.parse(stdout) as { builtins: { name: string; decl: { args?: unknown[] } }[] })
    .builtins)
    ARITIES[name] = decl.args?.length ?? 0;
  const tables = { ...CASES, ...REGEX_CASES, ...TIME_CASES, ...SET_CASES };
  const written = Object.entries(tables).flatMap(([name, lines]) =>
    lines.map((operands): Call => ({ name, operands })),
  );
  const odd = Object.keys(BUILTINS)
    .filter((name) => !name.startsWith('cast_'))
    .flatMap((name) => oddCalls(name, arity(name)));

  it('gives the same', { timeout: 60_000 }, async () => {
    const calls = [...written, ...odd].filter(({ name }) => name in BUILTINS);
    const source = moduleOf(calls, new Set(Object.keys(SET_CASES)));
    await writeFile(join(folder, 'builtins.rego'), source);
    const cwd = { cwd: folder, maxBuffer: 1 << 28, timeout: 30_000 };
    const expected = await run(opa!, ['eval', '--format', 'raw', '--data', 'builtins.rego', 'data.builtins.out'], cwd);
    await run(
      opa!,
      ['build', '--v0-v1', '-t', 'wasm', '-e', 'builtins/out', '-o', 'b.tgz', 'builtins.rego'].filter(
        (a) => a !== '--v0-v1',
      ),
      cwd,
    );
    const wasm = unpack(await readFile(join(folder, 'b.tgz'))).get('policy.wasm')!;
    const instance = new Instance(new WebAssembly.Module(new Uint8Array(wasm)), '{}', { entrypoint: 'builtins/out' });
    const results = parseValue(instance.evaluate('')) as Value[];
    const ours = (results[0] as RegoObject).get('result') as RegoObject;
    const theirs = parseValue(expected.stdout.trim()) as RegoObject;
    const differences = calls.flatMap((call, i) => {
      const [a, b] = [theirs.get(String(i)), ours.get(String(i))].map((value) =>
        value === undefined ? 'undefined' : keyOf(value),
      );
      return a === b ? [] : [`${call.name}(${call.operands}): opa ${a}, ours ${b}`];
    });
    expect(differences).toEqual([]);
  });
});
