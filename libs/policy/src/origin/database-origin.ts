import { once } from 'node:events';
import { Fault } from '@countersign/contract';
import { readBundle, type Bundle } from '../bundle.js';
import type { PolicyKeys } from '../signature/keys.js';
import type { Origin } from './origin.js';

/** The bundle that was activated last, as who keeps the database reads it. */
export interface BundleReader {
  /** Undefined while none was ever activated. */
  current(): Promise<{ archive: Buffer; revision: string } | undefined>;
  /** Calls back when it may be another one. Returns what ends that. */
  changed(callback: () => void): () => void;
}

/** Whatever notices were lost: after this long it is read again. */
const LOOK_AGAIN_MS = 60_000;

/** The bundle that was activated, for all processes on one database. */
export class DatabaseOrigin implements Origin {
  readonly source = 'database';
  readonly location = 'database';
  readonly identity = 'database';
  readonly remote = true;
  readonly decides = true;
  readonly pauseMs = 0;
  readonly #reader: BundleReader;
  readonly #keys: PolicyKeys | undefined;
  #given: string | undefined;
  #asked = false;
  readonly #notices = new EventTarget();
  #changed = false;
  #stop: (() => void) | undefined;

  constructor(reader: BundleReader, keys?: PolicyKeys) {
    this.#reader = reader;
    this.#keys = keys;
  }

  refused(): void {
    this.#given = undefined;
  }

  async next(signal: AbortSignal): Promise<Bundle | undefined> {
    this.#listen(signal);
    // After a look that failed there is one at once: its notice may be the one that was missed.
    if (this.#asked) await this.#notice(signal);
    this.#asked = this.#changed = false;
    const current = await this.#reader.current().catch((cause: unknown) => {
      throw new Fault('policy-unreachable', 'the database cannot say which policy is active', {
        cause,
        retryable: true,
      });
    });
    this.#asked = true;
    if (!current || current.revision === this.#given) return undefined;
    const bundle = await readBundle(current.archive, this.source, this.location, this.#keys);
    if (bundle.revision !== current.revision)
      throw new Fault('policy-bundle', `the database holds ${bundle.revision} under the name of ${current.revision}`);
    this.#given = current.revision;
    return bundle;
  }

  #listen(signal: AbortSignal): void {
    if (this.#stop) return;
    this.#stop = this.#reader.changed(() => {
      this.#changed = true;
      this.#notices.dispatchEvent(new Event('change'));
    });
    signal.addEventListener('abort', this.#stop, { once: true });
  }

  /** Until something may have changed. A notice that came while nobody waited counts. */
  async #notice(signal: AbortSignal): Promise<void> {
    if (this.#changed) return;
    const enough = AbortSignal.any([signal, AbortSignal.timeout(LOOK_AGAIN_MS)]);
    await once(this.#notices, 'change', { signal: enough }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
