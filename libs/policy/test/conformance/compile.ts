import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Instance, runnable } from '../../src/instance.js';
import { unpack } from '../../src/tarball.js';
import { jsonText, type Case } from './load.js';

const run = promisify(execFile);

/** A case, compiled: asked with its input it gives the result set as JSON. */
export type Ask = () => string;

/** What became of the cases put together: a way to ask each, or what opa said of those it does not compile. */
export type Compiled = Map<Case, Ask | { said: string }>;

export class CaseCompiler {
  constructor(
    readonly opa: string,
    readonly folder: string,
    readonly capabilities: string,
  ) {}

  /** One by one, just as they are. */
  async alone(one: Case): Promise<Ask | { said: string }> {
    const files = new Map(one.modules.map((module, i) => [`${i}.rego`, module]));
    const built = await this.#build(files, [one.entrypoint], one.version);
    if (typeof built === 'string') return { said: built };
    const data = jsonText(one.data);
    return () => new Instance(built, data, { entrypoint: one.entrypoint }).evaluate(one.input);
  }

  /**
   * Many in one module, each moved into a package of its own: compiling a hundred takes hardly longer than compiling one.
   * A case that cannot be moved, or that keeps the others from compiling, is not in the answer.
   */
  async together(cases: Case[]): Promise<Map<Case, Ask>> {
    let left = new Map(
      cases.flatMap((one, i) => {
        const modules = one.modules.map((module) => moved(module, `c${i}`));
        return modules.includes(undefined) ? [] : [[one, { prefix: `c${i}`, modules: modules as string[] }] as const];
      }),
    );
    while (left.size > 0) {
      const files = new Map<string, string>();
      for (const { prefix, modules } of left.values())
        modules.forEach((module, i) => files.set(`${prefix}-${i}.rego`, module));
      const entrypoints = [...left].map(([one, { prefix }]) => `${prefix}/${one.entrypoint}`);
      const built = await this.#build(files, entrypoints, cases[0]!.version);
      if (typeof built !== 'string') return askAll(built, left);
      const culprits = new Set(
        [...built.matchAll(/\b(c\d+)-\d+\.rego/g), ...built.matchAll(/\b(c\d+)\//g)].map(([, prefix]) => prefix),
      );
      const before = left.size;
      left = new Map([...left].filter(([, { prefix }]) => !culprits.has(prefix)));
      if (left.size === before) return new Map();
    }
    return new Map();
  }

  /** The module, or what opa said. */
  async #build(
    files: Map<string, string>,
    entrypoints: string[],
    version: 'v0' | 'v1',
  ): Promise<WebAssembly.Module | string> {
    const stage = await mkdtemp(join(this.folder, 'case-'));
    try {
      await mkdir(join(stage, 'rego'));
      for (const [name, text] of files) await writeFile(join(stage, 'rego', name), text);
      const entries = entrypoints.flatMap((name) => ['-e', name]);
      const args = ['build', '-t', 'wasm', ...entries, '--capabilities', this.capabilities, '-o', 'b.tar.gz', 'rego'];
      if (version === 'v0') args.push('--v0-compatible');
      await run(this.opa, args, { cwd: stage, timeout: 120_000, maxBuffer: 1 << 26 });
      const wasm = unpack(await readFile(join(stage, 'b.tar.gz'))).get('policy.wasm')!;
      return new WebAssembly.Module(runnable(wasm));
    } catch (thrown) {
      const { stdout = '', stderr = '' } = thrown as { stdout?: string; stderr?: string };
      return `${stderr}${stdout}` || String(thrown);
    } finally {
      await rm(stage, { recursive: true, force: true });
    }
  }
}

function askAll(module: WebAssembly.Module, cases: Map<Case, { prefix: string }>): Map<Case, Ask> {
  const data = `{${[...cases].map(([one, { prefix }]) => `"${prefix}":${jsonText(one.data)}`).join()}}`;
  const [first] = cases;
  const fresh = () => new Instance(module, data, { entrypoint: `${first![1].prefix}/${first![0].entrypoint}` });
  let shared: Instance | undefined;
  return new Map(
    [...cases].map(([one, { prefix }]) => {
      const ask = () => {
        const instance = (shared ??= fresh());
        // Whatever throws takes its instance along.
        shared = undefined;
        const output = instance.evaluate(one.input, `${prefix}/${one.entrypoint}`);
        shared = instance;
        return output;
      };
      return [one, ask];
    }),
  );
}

// Strings, raw strings and comments stay as they are.
const PIECE = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|[^"`#]+|./gs;

/** The module with its package, and all it says of data, below a prefix. Undefined when it speaks of data as a whole. */
function moved(module: string, prefix: string): string | undefined {
  if (/\$["`]/.test(module)) return undefined;
  let whole = false;
  const pieces = module.match(PIECE)!.map((piece, i, all) => {
    if (/^["`#]/.test(piece)) return piece;
    const next = all[i + 1] ?? '';
    if (/(?<![\w.])data\s*(?!\.|\w)/.test(piece) && !/(?<![\w.])data\[\s*$/.test(piece + next)) whole = true;
    return piece
      .replace(/(?<![\w.])data\./g, `data.${prefix}.`)
      .replace(/(?<![\w.])package\s+(?=[A-Za-z_])/g, (found) => `${found}${prefix}.`);
  });
  return whole ? undefined : pieces.join('');
}
