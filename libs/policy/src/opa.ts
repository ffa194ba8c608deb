import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '@countersign/contract';
import { capabilities, withReasons } from './capabilities.js';
import { ENTRYPOINT } from './instance.js';
import type { Sources } from './sources.js';

const run = promisify(execFile);

/** The version installed when there is none. */
export const OPA_VERSION = 'v1.21.1';
// Template strings, which policies use for their reasons, came with 1.12.
const OLDEST = { major: 1, minor: 12 };
const INSTALL_TIMEOUT_MS = 10 * 60_000;

export type Log = (line: string) => void;

export interface OpaPlaces {
  /** Use this one, and no other. */
  opaBin?: string | undefined;
  /** Where an opa that was installed here before is, and where one is installed. */
  cacheDir: string;
  log: Log;
  /** Whether to install one with Go when there is none. */
  install?: boolean;
}

/** Finds opa: the one named, on PATH, in the cache, or installed with Go. Undefined when none of them works. */
export async function findOpa({ opaBin, cacheDir, log, install = true }: OpaPlaces): Promise<string | undefined> {
  if (opaBin !== undefined && opaBin !== '') {
    if (await isUsable(opaBin, log)) return opaBin;
    throw new Fault('policy-opa', `OPA_BIN is ${opaBin}, which does not run as opa 1.12 or newer`);
  }
  const bin = join(cacheDir, 'bin');
  const cached = join(bin, 'opa');
  for (const candidate of ['opa', cached]) if (await isUsable(candidate, log)) return candidate;
  if (!install || !(await runs('go', ['version']))) return undefined;
  log(`installing opa ${OPA_VERSION} with go: this takes about a minute, once`);
  await mkdir(bin, { recursive: true });
  try {
    const module = `github.com/open-policy-agent/opa@${OPA_VERSION}`;
    // `env` adds to the environment that the child inherits.
    await run('env', [`GOBIN=${bin}`, 'CGO_ENABLED=0', 'go', 'install', module], { timeout: INSTALL_TIMEOUT_MS });
  } catch (thrown) {
    log(`opa could not be installed: ${outputOf(thrown).split('\n').slice(-3).join(' ').trim()}`);
    return undefined;
  }
  log('opa is installed');
  return (await isUsable(cached, log)) ? cached : undefined;
}

/** Compiles sources to a bundle. Throws a Fault `policy-compile` that says what opa said. */
export async function compile(opa: string, sources: Sources): Promise<Buffer> {
  const stage = await mkdtemp(join(tmpdir(), 'countersign-policy-'));
  try {
    for (const [path, text] of sources.files) {
      await mkdir(dirname(join(stage, path)), { recursive: true });
      await writeFile(join(stage, path), text);
    }
    await writeFile(join(stage, 'capabilities.json'), await capabilities(opa));
    // Paths are relative to the stage: they are part of the module, which must not depend on this machine.
    const target = ['build', '--target', 'wasm', '--entrypoint', ENTRYPOINT, '--revision', sources.digest];
    const allowed = ['--capabilities', 'capabilities.json'];
    await run(opa, [...target, ...allowed, '--output', 'bundle.tar.gz', 'policies', 'countersign'], { cwd: stage });
    return await readFile(join(stage, 'bundle.tar.gz'));
  } catch (cause) {
    throw new Fault('policy-compile', `the policies do not compile: ${withReasons(outputOf(cause))}`, { cause });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function isUsable(opa: string, log: Log): Promise<boolean> {
  const printed = await runs(opa, ['version']);
  const match = /^Version: (\d+)\.(\d+)/m.exec(printed ?? '');
  if (!match) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const recent = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  if (!recent) log(`${opa} is opa ${major}.${minor}, older than ${OLDEST.major}.${OLDEST.minor}: not used`);
  return recent;
}

async function runs(command: string, args: string[]): Promise<string | undefined> {
  try {
    return (await run(command, args, { timeout: 30_000 })).stdout;
  } catch {
    return undefined;
  }
}

// opa writes what is wrong with a policy to either stream.
function outputOf(thrown: unknown): string {
  const {
    stdout = '',
    stderr = '',
    message = '',
  } = (thrown ?? {}) as Partial<Record<'stdout' | 'stderr' | 'message', string>>;
  return `${stderr}${stdout}`.trim() || message;
}
