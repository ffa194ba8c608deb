import { stat, readFile } from 'node:fs/promises';
import { parseBundle, type Bundle } from './bundle.js';
import { loadBundle, type LoadBundleOptions } from './folder.js';
import { SIGNATURES_FILE } from './signature/verify.js';
import { pack, unpack } from './tarball.js';

/**
 * A policy to be looked at: a folder or a compiled bundle. Whoever signed it, it will not serve from here, so no signature is
 * asked for; a bundle that is signed is read like any other.
 */
export async function loadCandidate(options: LoadBundleOptions & { source: string }): Promise<Bundle> {
  const { source } = options;
  const there = await stat(source).catch(() => undefined);
  if (!there?.isFile()) return loadBundle(options);
  return unsignedBundle(await readFile(source), source);
}

/** Reads a compiled bundle without asking who signed it. Throws a Fault `policy-bundle` when it is not one. */
export function unsignedBundle(archive: Uint8Array, location: string): Bundle {
  return parseBundle(withoutSignature(archive), 'file', location);
}

function withoutSignature(archive: Uint8Array): Uint8Array {
  try {
    const files = unpack(archive);
    return files.delete(SIGNATURES_FILE) ? pack(files) : archive;
  } catch {
    // What is wrong with it is said where it is read.
    return archive;
  }
}
