import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Fault } from '@countersign/contract';
import { readSources } from './sources.js';

/** A policy folder laid out as it is compiled, with our library, in a place where opa may be run on it. */
export interface Stage {
  /** opa runs here, on `ROOTS`. */
  cwd: string;
  /** Content by path below `cwd`. */
  files: ReadonlyMap<string, string>;
  /** The path in the user's own folder of a staged path, as opa names it. */
  origin(path: string): string;
  remove(): Promise<void>;
}

/** What is loaded of a stage, in the order in which it is compiled. */
export const ROOTS = ['policies', 'countersign'] as const;

/** With `tests`, the Rego tests of the folder are there too. Throws a Fault `policy-source` when there is no Rego. */
export async function stage(folder: string, options: { tests?: boolean } = {}): Promise<Stage> {
  const sources = await readSources(folder).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'is not there' : `cannot be read (${cause.message})`;
    throw new Fault('policy-source', `the policy folder ${folder} ${why}: say where it is with --policies`, { cause });
  });
  if (!sources) throw new Fault('policy-source', `the policy folder ${folder} holds no .rego files`);
  const files = new Map(sources.files);
  if (options.tests) for (const [path, text] of await readTests(folder)) files.set(`policies/${path}`, text);
  const cwd = await mkdtemp(join(tmpdir(), 'countersign-stage-'));
  for (const [path, text] of files) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), text);
  }
  return {
    cwd,
    files,
    origin: (path) => {
      const staged = path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
      return staged.startsWith('policies/') ? join(folder, staged.slice('policies/'.length)) : `(product) ${staged}`;
    },
    remove: () => rm(cwd, { recursive: true, force: true }),
  };
}

/** Works on a stage and leaves nothing behind. */
export async function staged<T>(
  folder: string,
  options: { tests?: boolean },
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const place = await stage(folder, options);
  try {
    return await work(place);
  } finally {
    await place.remove();
  }
}

async function readTests(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll('\\', '/');
    const hidden = name.split('/').some((part) => part.startsWith('.') || part === 'node_modules');
    if (hidden || !entry.isFile() || !name.endsWith('_test.rego')) continue;
    found.set(name, (await readFile(path, 'utf8')).replaceAll('\r\n', '\n'));
  }
  return found;
}
