import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@countersign/contract';
import { writeAtomically } from './atomic-file.js';
import { parseBundle, withData, type Bundle } from './bundle.js';
import { mergedData } from './merged-data.js';
import { compile, findOpa, type Log } from './opa.js';
import type { BundleSource } from './policy.js';
import type { PolicyKeys } from './signature/keys.js';
import { readSources, SHIPPED, type Sources } from './sources.js';

export interface LoadBundleOptions {
  /** A folder of Rego, a folder with a compiled bundle, or such a file. Absent: the policies shipped. */
  source?: string | undefined;
  cacheDir: string;
  opaBin?: string | undefined;
  /** With keys only a bundle that was signed elsewhere serves: what is compiled here is signed by nobody. */
  keys?: PolicyKeys | undefined;
  log: Log;
}

/** The name of a compiled bundle beside its sources: opa takes every `.tar.gz` in a folder for more sources. */
export const BUNDLE_FILE = 'bundle.tgz';
/** Its name as opa writes it, for a folder that is delivered compiled. */
const OPA_BUNDLE_FILE = 'bundle.tar.gz';
/** Where a folder may hold what it compiles to. */
export const CARRIED_FILES = [BUNDLE_FILE, OPA_BUNDLE_FILE];

/**
 * Loads the policy to serve. A folder's compiled bundle serves when it was compiled from just these sources; else the folder
 * is compiled. What was asked for is served or a Fault says why not: another policy never takes its place.
 */
export async function loadBundle(options: LoadBundleOptions): Promise<Bundle> {
  const { source, keys } = options;
  const location = source ?? SHIPPED;
  if ((await kindOf(location)) === 'file') return parseBundle(await readFile(location), 'file', location, keys);
  const from = source === undefined ? 'default' : 'folder';
  const sources = await readSources(location);
  const carried = await carriedBundle(location, from, keys);
  if (carried && (!sources || carried.sourceDigest === sources.digest)) return carried;
  if (!sources) {
    const what = `neither .rego files nor ${BUNDLE_FILE}, a compiled bundle`;
    throw new Fault('policy-source', `the policy folder ${location} holds ${what}`);
  }
  if (keys) {
    const what = carried ? 'a signed bundle of other sources' : 'no signed bundle';
    throw new Fault(
      'policy-signature',
      `the policy folder ${location} holds ${what}, and only signed policies may serve here: sign what it compiles to`,
    );
  }
  return compiled(location, from, sources, carried, options);
}

/** Compiles a folder together with our library, whatever compiled form there already is. */
export async function compileFolder(folder: string, opa: string): Promise<{ archive: Buffer; bundle: Bundle }> {
  const sources = await readSources(folder);
  if (!sources) throw new Fault('policy-source', `the policy folder ${folder} holds no .rego files`);
  const archive = await compile(opa, sources);
  return { archive, bundle: parseBundle(archive, 'folder', folder) };
}

async function compiled(
  location: string,
  from: BundleSource,
  sources: Sources,
  carried: Bundle | undefined,
  { cacheDir, opaBin, log }: LoadBundleOptions,
): Promise<Bundle> {
  const cachePath = (digest: string) => join(cacheDir, 'policies', `${digest.split(':').at(-1)}.tar.gz`);
  const cached = await readIfThere(cachePath(sources.digest), from);
  if (cached?.sourceDigest === sources.digest) return { ...cached, location };
  // The same rules with other data need no compiling: the data are no part of the code.
  const data = mergedData(sources.files);
  const code = data === undefined ? undefined : await readIfThere(cachePath(sources.codeDigest), from);
  if (data !== undefined && code) return { ...withData(code, data, sources.digest), location };
  const opa = await findOpa({ opaBin, cacheDir, log });
  if (opa !== undefined) {
    const archive = await compile(opa, sources);
    for (const digest of [sources.digest, sources.codeDigest]) {
      await writeAtomically(cachePath(digest), archive).catch((error: Error) =>
        log(`what ${location} compiles to could not be kept: ${error.message}`),
      );
    }
    return parseBundle(archive, from, location);
  }
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

async function kindOf(location: string): Promise<'file' | 'folder'> {
  try {
    return (await stat(location)).isDirectory() ? 'folder' : 'file';
  } catch (cause) {
    // A volume may come back; what is on it may have served before.
    throw new Fault('policy-source', `there is no policy folder or bundle at ${location}`, { cause, retryable: true });
  }
}

async function carriedBundle(folder: string, from: BundleSource, keys?: PolicyKeys): Promise<Bundle | undefined> {
  for (const name of CARRIED_FILES) {
    const bundle = await readIfThere(join(folder, name), from, keys);
    if (bundle) return bundle;
  }
  return undefined;
}

async function readIfThere(path: string, source: BundleSource, keys?: PolicyKeys): Promise<Bundle | undefined> {
  const archive = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new Fault('policy-source', `the policy bundle ${path} cannot be read`, { cause: error });
  });
  return archive && parseBundle(archive, source, path, keys);
}
