import { createHash } from 'node:crypto';
import { Fault } from '@countersign/contract';
import type { BundleInfo, BundleRole, BundleSource } from './policy.js';
import type { PolicyKeys } from './signature/keys.js';
import { structuredText } from './signature/structured.js';
import { SIGNATURES_FILE, verifySignature } from './signature/verify.js';
import { areasOf } from './sources.js';
import { pack, unpack, unpackInBackground } from './tarball.js';

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

/** A bundle as people list it. */
export function infoOf({ revision, source, location, loadedAt, areas }: Bundle, role: BundleRole): BundleInfo {
  return { revision, active: role === 'serving', source, location, role, loaded_at: loadedAt, areas: [...areas] };
}

/**
 * Reads a compiled bundle. Throws a Fault `policy-bundle` when it is not one, and `policy-signature` unless it is signed with
 * one of the keys; without keys it must not be signed at all.
 */
export function parseBundle(archive: Uint8Array, source: BundleSource, location: string, keys?: PolicyKeys): Bundle {
  return bundleOf(
    readable(location, () => unpack(archive)),
    { archive, source, location, keys },
  );
}

/** The same, without keeping anybody waiting while a large archive is decompressed. */
export async function readBundle(
  archive: Uint8Array,
  source: BundleSource,
  location: string,
  keys?: PolicyKeys,
): Promise<Bundle> {
  const files = await unpackInBackground(archive).catch((cause: unknown) =>
    readable(location, () => {
      throw cause;
    }),
  );
  return bundleOf(files, { archive, source, location, keys });
}

interface Read {
  archive: Uint8Array;
  source: BundleSource;
  location: string;
  keys: PolicyKeys | undefined;
}

function bundleOf(files: Map<string, Buffer>, { archive, source, location, keys }: Read): Bundle {
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

/**
 * The same code with other data, from other sources where they are named. It is signed by nobody. Throws a Fault
 * `policy-bundle` when the data are no JSON object.
 */
export function withData(bundle: Bundle, dataJson: string, sourceDigest?: string): Bundle {
  const { signedBy: _, sourceDigest: __, ...rest } = bundle;
  return readable(`${bundle.location} with other data`, () => {
    const data = dataText(Buffer.from(dataJson));
    const files = unpack(bundle.archive);
    files.delete(SIGNATURES_FILE);
    files.set('data.json', Buffer.from(data));
    const manifest = JSON.parse((files.get('.manifest') ?? '{}').toString()) as object;
    files.set('.manifest', Buffer.from(JSON.stringify({ ...manifest, revision: sourceDigest ?? '' })));
    const loadedAt = new Date().toISOString();
    const revision = revisionOf(bundle.wasm, data);
    return { ...rest, data, revision, archive: pack(files), loadedAt, ...(sourceDigest ? { sourceDigest } : {}) };
  });
}

function dataText(bytes: Buffer): string {
  try {
    const text = structuredText(bytes);
    if (text.startsWith('{')) return text;
  } catch (cause) {
    throw new Error(`data.json cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new Error('data.json is not an object');
}

function readable<T>(location: string, read: () => T): T {
  return orFault('policy-bundle', `the policy bundle ${location} cannot be read`, read);
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
