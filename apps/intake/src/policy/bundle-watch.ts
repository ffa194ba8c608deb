import type { MessageInitShape } from '@bufbuild/protobuf';
import type { WatchBundleResponseSchema } from '@countersign/contract';
import type { ServingBundle } from '@countersign/store';
import { stopping } from '../decision-api.js';

/** As much as goes into one message. */
const PIECE = 64 * 1024;
/** Whatever notices were lost: after this long it is looked at again. */
const LOOK_AGAIN_MS = 30_000;

type Piece = MessageInitShape<typeof WatchBundleResponseSchema>;

/** Who evaluates elsewhere waits here for another bundle. */
export class BundleWatch {
  readonly #closed = new AbortController();

  constructor(readonly serving: ServingBundle) {}

  /** Sends to those who wait that this process is stopping. */
  close(): void {
    this.#closed.abort();
  }

  /**
   * What was activated, or the candidate, in pieces, whenever it is another than was sent. The first answer comes at once; it
   * is empty when the caller has what there is.
   */
  async *follow(candidate: boolean, known: string, gone: AbortSignal): AsyncGenerator<Piece> {
    for (let sent: string | undefined; !gone.aborted;) {
      if (this.#closed.signal.aborted) throw stopping();
      // Listened for before it is read, or what changes in between would be missed.
      const changed = this.change(LOOK_AGAIN_MS, gone);
      const now = candidate ? await this.serving.candidate() : await this.serving.current();
      const revision = now?.revision ?? '';
      if (sent === undefined && revision === known) yield* pieces(revision);
      else if (revision !== sent) yield* pieces(revision, now?.archive);
      sent = revision;
      await changed;
    }
  }

  /** Resolves when another bundle may have a part, or the time is over. */
  change(withinMs: number, gone: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([gone, this.#closed.signal]);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        stop();
        resolve();
      };
      const timer = setTimeout(done, withinMs).unref();
      const stop = this.serving.changed(done);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }
}

function* pieces(revision: string, archive: Uint8Array = new Uint8Array(0)): Generator<Piece> {
  for (let at = 0; at < archive.length || at === 0; at += PIECE) {
    const chunk = new Uint8Array(archive.subarray(at, at + PIECE));
    yield { revision, chunk, last: at + PIECE >= archive.length };
  }
}
