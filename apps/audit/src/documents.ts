import { parseTilePath, TILE_WIDTH, verifierOf, type NoteKey } from '@countersign/ledger';
import type { Endpoints } from '@countersign/service';
import type { CheckpointStore, LedgerReader } from '@countersign/store';

/**
 * What anyone may fetch without a credential, as C2SP tlog-tiles lays it out: the signed head, the hashes of the tree, and
 * the key. They prove the ledger's integrity and give away no event, so the entries themselves are not served this way.
 */
export function ledgerDocuments(parts: {
  reader: LedgerReader;
  checkpoints: CheckpointStore;
  key: NoteKey;
}): Endpoints['documents'] {
  const { reader, checkpoints, key } = parts;
  const text = 'text/plain; charset=utf-8';
  return {
    '/checkpoint': { type: text, read: async () => (await checkpoints.latest())?.note },
    '/.well-known/ledger-key': { type: text, read: () => `${verifierOf(key)}\n` },
    '/tile/': { type: 'application/octet-stream', read: (path) => tile(reader, checkpoints, path) },
  };
}

async function tile(reader: LedgerReader, checkpoints: CheckpointStore, path: string): Promise<Buffer | undefined> {
  const wanted = parseTilePath(path.slice('/tile/'.length));
  if (!wanted) return undefined;
  // Each hash of the tile covers this many entries. Only signed ones count: an unsigned hash proves nothing.
  const covers = TILE_WIDTH ** wanted.level;
  const size = (await checkpoints.latest())?.size ?? 0;
  const first = wanted.index * TILE_WIDTH;
  if ((first + wanted.width) * covers > size) return undefined;
  const spans = Array.from({ length: wanted.width }, (_, i) => ({
    start: (first + i) * covers,
    end: (first + i + 1) * covers,
  }));
  return Buffer.concat(await reader.hashes(spans));
}
