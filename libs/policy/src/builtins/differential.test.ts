import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES, REGEX_CASES } from '../../test/builtin-cases.js';
import { NATIVE_CASES, NATIVE_DIFFERENCES } from '../../test/native-cases.js';
import { SET_CASES } from '../../test/net-cases.js';
import { TIME_CASES } from '../../test/time-cases.js';
import { capabilities } from '../capabilities.js';
import { Instance, runnable } from '../instance.js';
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
  ...['null', 'true', '-1', '0', '1.5', '1e30', '""', '"x"', '"ü🧾"'],
  ...['[]', '[1]', '["a"]', '{}', '{"a": 1}', 'set()', '{"a"}'],
];
const TUPLES = 60;

interface Call {
  name: string;
  operands: string;
}

const written = (tables: Record<string, string[]>): Call[] =>
  Object.entries(tables).flatMap(([name, lines]) => lines.map((operands) => ({ name, operands })));

function oddCalls(name: string, arity: number): Call[] {
  const tuples = arity === 1 ? ODD.map((one) => [one]) : Array.from({ length: TUPLES }, (_, i) => pick(i, arity));
  // OPA itself would count up to it for ever.
  const finite = name.startsWith('numbers.range') ? tuples.filter((tuple) => !tuple.includes('1e30')) : tuples;
  return finite.map((tuple) => ({ name, operands: tuple.join(', ') }));
}

// Spread over all combinations, the same on every run.
function pick(seed: number, arity: number): string[] {
  return Array.from(
    { length: arity },
    (_, place) => ODD[(seed * 7 + place * (seed + 3) * 5 + (seed >> 2)) % ODD.length]!,
  );
}

/** Through a function operands lose their types, so that the compiler lets wrong ones pass. Sets are compared in order. */
function moduleOf(calls: Call[], arities: Map<string, number>): string {
  const rules = calls.map(({ name, operands }, i) => {
    const args = Array.from({ length: arities.get(name)! }, (_, place) => `t[${place}]`).join(', ');
    return `out[${i}] := y if { t := untyped([${operands}]); x := ${name}(${args}); y := ordered(x) }`;
  });
  return `package builtins

untyped(x) := x

ordered(x) := sort(x) if is_set(x)

ordered(x) := x if not is_set(x)

${rules.join('\n')}
`;
}

async function answers(calls: Call[], arities: Map<string, number>): Promise<{ theirs: RegoObject; ours: RegoObject }> {
  const cwd = await mkdtemp(join(folder, 'calls-'));
  await writeFile(join(cwd, 'calls.rego'), moduleOf(calls, arities));
  const options = { cwd, maxBuffer: 1 << 28, timeout: 60_000 };
  const { stdout } = await run(opa!, ['eval', '--format', 'raw', '--data', 'calls.rego', 'data.builtins.out'], options);
  await run(opa!, ['build', '-t', 'wasm', '-e', 'builtins/out', '-o', 'calls.tar.gz', 'calls.rego'], options);
  const wasm = unpack(await readFile(join(cwd, 'calls.tar.gz'))).get('policy.wasm')!;
  const instance = new Instance(new WebAssembly.Module(runnable(wasm)), '{}', { entrypoint: 'builtins/out' });
  const [first] = parseValue(instance.evaluate('')) as Value[];
  return {
    theirs: parseValue(stdout.trim()) as RegoObject,
    ours: (first as RegoObject).get('result') as RegoObject,
  };
}

async function differences(calls: Call[], arities: Map<string, number>): Promise<string[]> {
  const { theirs, ours } = await answers(calls, arities);
  const shown = (value: Value | undefined) => (value === undefined ? 'undefined' : keyOf(value));
  return calls.flatMap(({ name, operands }, i) => {
    const [a, b] = [shown(theirs.get(String(i))), shown(ours.get(String(i)))];
    return a === b ? [] : [`${name}(${operands}): opa ${a}, ours ${b}`];
  });
}

describe.skipIf(!opa)('every builtin, asked of opa and of us', () => {
  let arities: Map<string, number>;
  beforeAll(async () => {
    const { builtins } = JSON.parse(await capabilities(opa!)) as {
      builtins: { name: string; decl: { args?: unknown[] } }[];
    };
    arities = new Map(builtins.map(({ name, decl }) => [name, decl.args?.length ?? 0]));
  });

  // OPA 1 refuses the older ones, and only its compiler writes template strings; OPA's own cases have them.
  const hosted = Object.keys(BUILTINS).filter((name) => !/^(cast_|internal\.|re_match$|net\.cidr_overlap$)/.test(name));
  const tables = { ...CASES, ...REGEX_CASES, ...TIME_CASES, ...SET_CASES };

  it('has operands written for it', () => {
    const tried = { ...tables, ...NATIVE_CASES };
    expect(hosted.filter((name) => !(name in tried) && !name.startsWith('io.jwt.verify_'))).toEqual(['trace']);
  });

  it('gives the same for these', { timeout: 120_000 }, async () => {
    expect(await differences(written(tables), arities)).toEqual([]);
  });

  it('gives the same for operands of every kind', { timeout: 120_000 }, async () => {
    const odd = hosted.flatMap((name) => oddCalls(name, arities.get(name)!));
    expect(await differences(odd, arities)).toEqual([]);
  });

  it('gives the same where it is of the module, but for what is listed', { timeout: 120_000 }, async () => {
    expect(await differences(written(NATIVE_CASES), arities)).toEqual(NATIVE_DIFFERENCES);
  });
});
