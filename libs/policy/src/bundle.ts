import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@countersign/contract';
import { compile, findOpa, type Log } from './opa.js';
import type { BundleInfo, BundleRole, BundleSource } from './policy.js';
import type { PolicyKeys } from './signature/keys.js';
import { structuredText } from './signature/structured.js';
import { SIGNATURES_FILE, verifySignature } from './signature/verify.js';
import { areasOf, readSources, SHIPPED, type Sources } from './sources.js';
import { pack, unpack } from './tarball.js';

/** A compiled policy: what is evaluated, and where it came from. */
export interface Bundle {
  /** "sha256:" and hex, over policy.wasm and data.json: equal revisions decide equally. */
  revision: string;
  source: BundleSource;
  /** The file, folder or URL, for messages: it holds nothing secret. */
  location: string;
  /** The compiled bundle as it was read, in OPA's format. */
  archive: Buffer;
  wasm: Buffer;
  /** JSON text with its members in order, and its numbers as they were written. */
  data: string;
  areas: string[];
  /** RFC 3339, UTC. */
  loadedAt: string;
  /** The sources it was compiled from, when our own tools compiled it. */
  sourceDigest?: string;
  /** The id of the key that verified its signature. Absent: it is not signed. */
  signedBy?: string;
}

export interface LoadBundleOptions {
  /** A folder of Rego, a folder with a compiled bundle, or such a file. Absent: the policies shipped. */
  source?: string | undefined;
  cacheDir: string;
  opaBin?: string | undefined;
  log: Log;
}

/** The name of a compiled bundle beside its sources: opa takes every `.tar.gz` in a folder for more sources. */
export const BUNDLE_FILE = 'bundle.tgz';
/** Its name as opa writes it, for a folder that is delivered compiled. */
const OPA_BUNDLE_FILE = 'bundle.tar.gz';

/**
 * Loads the policy to serve. A folder's compiled bundle serves when it was compiled from just these sources; else the folder
 * is compiled. What was asked for is served or a Fault says why not: another policy never takes its place.
 */
export async function loadBundle({ source, cacheDir, opaBin, log }: LoadBundleOptions): Promise<Bundle> {
  const location = source ?? SHIPPED;
  const kind = await kindOf(location);
  if (kind === 'file') return parseBundle(await readFile(location), 'file', location);
  const from = source === undefined ? 'default' : 'folder';
  const sources = await readSources(location);
  const carried =
    (await readIfThere(join(location, BUNDLE_FILE), from)) ??
    (await readIfThere(join(location, OPA_BUNDLE_FILE), from));
  if (!sources) {
    if (carried) return carried;
    throw new Fault(
      'policy-source',
      `the policy folder ${location} holds neither .rego files nor ${BUNDLE_FILE}, a compiled bundle`,
    );
  }
  if (carried?.sourceDigest === sources.digest) return carried;
  const cachePath = join(cacheDir, 'policies', `${sources.digest.split(':').at(-1)}.tar.gz`);
  const cached = await readIfThere(cachePath, from);
  if (cached?.sourceDigest === sources.digest) return { ...cached, location };
  const opa = await findOpa({ opaBin, cacheDir, log });
  if (opa !== undefined) return compileTo(cachePath, opa, sources, from, location);
  if (carried && (from === 'default' || carried.sourceDigest === undefined)) {
    log(`no opa was found: ${BUNDLE_FILE} of ${location} serves, and changes to its .rego files since then do not`);
    return carried;
  }
  const stale = carried ? `${BUNDLE_FILE} in it was compiled from other sources` : `there is no ${BUNDLE_FILE} in it`;
  throw new Fault(
    'policy-source',
    `the policy folder ${location} holds Rego that needs compiling, and ${stale}: set OPA_BIN, put opa 1.12 or newer on PATH, or install Go`,
  );
}

/** A bundle as people list it. */
export function infoOf({ revision, source, location, loadedAt, areas }: Bundle, role: BundleRole): BundleInfo {
  return { revision, active: role === 'serving', source, location, role, loaded_at: loadedAt, areas: [...areas] };
}

/** Compiles a folder together with our library, whatever compiled form there already is. */
export async function compileFolder(folder: string, opa: string): Promise<{ archive: Buffer; bundle: Bundle }> {
  const sources = await readSources(folder);
  if (!sources) throw new Fault('policy-source', `the policy folder ${folder} holds no .rego files`);
  const archive = await compile(opa, sources);
  return { archive, bundle: parseBundle(archive, 'folder', folder) };
}

/**
 * Reads a compiled bundle. Throws a Fault `policy-bundle` when it is not one, and `policy-signature` unless it is signed with
 * one of the keys; without keys it must not be signed at all.
 */
export function parseBundle(archive: Uint8Array, source: BundleSource, location: string, keys?: PolicyKeys): Bundle {
  const files = readable(location, () => unpack(archive));
  const signedBy = verified(location, () => verifySignature(files, keys));
  return readable(location, () => {
    const wasm = files.get('policy.wasm');
    if (!wasm) throw new Error('it holds no policy.wasm: compile it with opa build --target wasm');
    // What opa builds holds all data in one file, and what it does not build would be left out without a word.
    const foreign = [...files.keys()].find(
      (name) => /(^|\/)(patch|data)\.(json|ya?ml)$/.test(name) && name !== 'data.json',
    );
    if (foreign !== undefined)
      throw new Error(`it holds ${foreign}: build it with opa build, which merges data into data.json`);
    const data = dataText(files.get('data.json') ?? Buffer.from('{}'));
    const manifest = JSON.parse((files.get('.manifest') ?? '{}').toString()) as { revision?: unknown };
    const sourceDigest = String(manifest.revision).startsWith('source:') ? String(manifest.revision) : undefined;
    const rego = [...files].filter(([name]) => name.endsWith('.rego')).map(([, text]) => text.toString());
    return {
      revision: revisionOf(wasm, data),
      source,
      location,
      archive: Buffer.from(archive),
      wasm,
      data,
      areas: areasOf(rego),
      loadedAt: new Date().toISOString(),
      sourceDigest,
      signedBy,
    };
  });
}

/** The same code with other data. Throws a Fault `policy-bundle` when they are no JSON object. It is signed by nobody. */
export function withData(bundle: Bundle, dataJson: string): Bundle {
  const { signedBy: _, ...rest } = bundle;
  return readable(`${bundle.location} with other data`, () => {
    const data = dataText(Buffer.from(dataJson));
    const files = unpack(bundle.archive);
    files.delete(SIGNATURES_FILE);
    files.set('data.json', Buffer.from(data));
    const loadedAt = new Date().toISOString();
    return { ...rest, data, revision: revisionOf(bundle.wasm, data), archive: pack(files), loadedAt };
  });
}

function dataText(bytes: Buffer): string {
  try {
    const text = structuredText(bytes);
    if (text.startsWith('{')) return text;
  } catch (cause) {
    throw new Error(`data.json can not be read: ${(cause as Error).message}`, { cause });
  }
  throw new Error('data.json is not an object');
}

function readable<T>(location: string, read: () => T): T {
  return orFault('policy-bundle', `the policy bundle ${location} can not be read`, read);
}

function verified<T>(location: string, verify: () => T): T {
  return orFault('policy-signature', `the policy bundle ${location} is refused`, verify);
}

function orFault<T>(code: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Fault(code, `${what}: ${cause instanceof Error ? cause.message : 'it is damaged'}`, { cause });
  }
}

function revisionOf(wasm: Uint8Array, data: string): string {
  const parts = [wasm, data].map((part) => createHash('sha256').update(part).digest());
  return `sha256:${createHash('sha256').update(Buffer.concat(parts)).digest('hex')}`;
}

async function kindOf(location: string): Promise<'file' | 'folder'> {
  try {
    return (await stat(location)).isDirectory() ? 'folder' : 'file';
  } catch (cause) {
    throw new Fault('policy-source', `there is no policy folder or bundle at ${location}`, { cause });
  }
}

async function readIfThere(path: string, source: BundleSource): Promise<Bundle | undefined> {
  const archive = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Fault('policy-source', `the policy bundle ${path} can not be read`, { cause: error });
  });
  return archive && parseBundle(archive, source, path);
}

async function compileTo(
  path: string,
  opa: string,
  sources: Sources,
  from: BundleSource,
  location: string,
): Promise<Bundle> {
  const archive = await compile(opa, sources);
  await mkdir(join(path, '..'), { recursive: true });
  // Renaming is atomic: another process never reads half a bundle.
  await writeFile(`${path}.${process.pid}`, archive);
  await rename(`${path}.${process.pid}`, path);
  return parseBundle(archive, from, location);
}
