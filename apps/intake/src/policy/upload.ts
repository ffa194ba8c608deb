import type { Person } from '@countersign/approval';
import { Fault, invalidArgument, StatusError, type PolicyUploaded, type RecordedChanges } from '@countersign/contract';
import { canonicalize, digestOf } from '@countersign/ledger';
import { diffBundles, PolicyEngine, readBundle, recordedChanges, type Bundle } from '@countersign/policy';
import type { StoredBundle, Upload, Writer } from '@countersign/store';
import { fact } from './fact.js';
import type { ServedBundles } from './served.js';

/** Bytes of an archive, and of the Rego in it. Ours have a hundred kilobytes. */
export const MAX_ARCHIVE = 16 * 1024 * 1024;

export interface Uploaded {
  bundle: StoredBundle;
  /** True if it was there already; its first author remains. */
  known: boolean;
}

/** Takes bundles in: what cannot serve is not kept, and what is kept is on the record. */
export class Uploads {
  constructor(readonly parts: { served: ServedBundles; writer: Writer; now: () => Date }) {}

  /** Throws StatusError INVALID_ARGUMENT that says what is wrong with it. */
  async take(archive: Buffer, note: string, author: Person, traceId?: string): Promise<Uploaded> {
    const { served, writer, now } = this.parts;
    const { bundles } = served;
    const bundle = await this.#checked(archive);
    const known = await bundles.find(bundle.revision);
    if (known) return { bundle: known, known: true };
    const changes = await this.#changes(bundle);
    const at = now().toISOString();
    const upload: Upload = {
      revision: bundle.revision,
      author: author.id,
      note,
      areas: bundle.areas,
      size: archive.length,
      changes: canonicalize(changes),
      at,
    };
    await bundles.stage(bundle.revision, archive);
    const uploaded: PolicyUploaded = {
      type: 'policy.uploaded',
      revision: bundle.revision,
      author: author.id,
      author_name: author.name,
      ...(note ? { note } : {}),
      size: archive.length,
      areas: bundle.areas,
      archive_digest: digestOf(archive),
      changes,
    };
    const written = await writer.write({ ...fact(uploaded, at, traceId), policy: { upload } });
    const stored = await bundles.find(bundle.revision);
    if (!stored) throw new TypeError('a bundle that was announced is gone');
    return { bundle: stored, known: written !== 'written' };
  }

  async #checked(archive: Buffer): Promise<Bundle> {
    if (archive.length === 0) throw invalidArgument({ field: 'archive', description: 'is empty' });
    try {
      const bundle = await readBundle(archive, 'database', 'you sent', this.parts.served.supply.keys);
      // Tried where nothing depends on it, and thrown away.
      await PolicyEngine.open(bundle);
      return bundle;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new StatusError('INVALID_ARGUMENT', error.message, {
        reason: error.code.replaceAll('-', '_').toUpperCase(),
        violations: [{ field: 'archive', description: error.message }],
      });
    }
  }

  async #changes(bundle: Bundle): Promise<RecordedChanges> {
    const { revision } = await this.parts.served.now();
    return recordedChanges(diffBundles(await this.parts.served.read(revision), bundle), revision);
  }
}

/** The pieces of an archive in one. Throws StatusError INVALID_ARGUMENT when there is more than an archive may have. */
export async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > MAX_ARCHIVE)
      throw invalidArgument({ field: 'archive', description: `has more than ${MAX_ARCHIVE} bytes` });
    kept.push(piece);
  }
  return Buffer.concat(kept);
}
