import { Hints } from '../hints.js';
import type { Pool } from '../../postgres.js';
import { Bundles, type Standing } from './bundles.js';
import { POLICY_CHANNEL } from './change.js';

/** A bundle as it is served. */
export interface ServedArchive {
  revision: string;
  archive: Buffer;
}

/** A notice may be lost, so whoever follows also looks by itself. */
const LOOK_EVERY_MS = 5_000;

/** Which bundle serves and which is the candidate, followed across all processes on this database. */
export class ServingBundle {
  readonly #bundles: Bundles;
  /** What was read last: what differs from it is a change. */
  #read: Partial<Pick<Standing, 'revision' | 'candidate'>> = {};

  constructor(
    readonly pool: Pool,
    readonly everyMs = LOOK_EVERY_MS,
  ) {
    this.#bundles = new Bundles(pool);
  }

  /** The bundle that was activated last; undefined while none was. */
  async current(): Promise<ServedArchive | undefined> {
    const { revision } = await this.#bundles.standing();
    this.#read = { ...this.#read, revision };
    return this.#archive(revision);
  }

  async candidate(): Promise<ServedArchive | undefined> {
    const { candidate } = await this.#bundles.standing();
    this.#read = { ...this.#read, candidate };
    return this.#archive(candidate);
  }

  /** Calls back after either is another than was read or seen last. Returns what ends it. */
  changed(callback: () => void): () => void {
    let stopped = false;
    let turn: Promise<void> = Promise.resolve();
    const look = () => {
      turn = turn.then(async () => {
        const standing = await this.#bundles.standing().catch(() => undefined);
        if (stopped || !standing) return;
        const { revision, candidate } = standing;
        const { revision: revisionBefore = revision, candidate: candidateBefore = candidate } = this.#read;
        this.#read = { revision, candidate };
        if (revision !== revisionBefore || candidate !== candidateBefore) callback();
      });
    };
    const hints = new Hints(this.pool, look, POLICY_CHANNEL);
    // Between the last read and the listening something may have changed, so there is a look after each.
    look();
    void hints.start().then(look);
    const timer = setInterval(look, this.everyMs);
    timer.unref();
    return () => {
      stopped = true;
      clearInterval(timer);
      hints.stop();
    };
  }

  async #archive(revision: string | null): Promise<ServedArchive | undefined> {
    if (revision === null) return undefined;
    const archive = await this.#bundles.archive(revision);
    if (!archive) throw new TypeError('the archive of a bundle is gone');
    return { revision, archive };
  }
}
