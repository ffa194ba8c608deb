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

/** Which bundle serves and which is the candidate, followed across all processes on this database over one connection. */
export class ServingBundle {
  readonly #bundles: Bundles;
  readonly #callbacks = new Set<() => void>();
  #known: Standing | undefined;
  #hints: Hints | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    readonly pool: Pool,
    readonly everyMs = LOOK_EVERY_MS,
  ) {
    this.#bundles = new Bundles(pool);
  }

  /** The bundle that was activated last; undefined while none was. */
  async current(): Promise<ServedArchive | undefined> {
    return this.#archive((await this.#look()).revision);
  }

  async candidate(): Promise<ServedArchive | undefined> {
    return this.#archive((await this.#look()).candidate);
  }

  /** Calls back after either is another than anybody here has seen before. Returns what ends it. */
  changed(callback: () => void): () => void {
    this.#callbacks.add(callback);
    if (this.#callbacks.size === 1 && !this.#closed) this.#listen();
    return () => {
      this.#callbacks.delete(callback);
      if (this.#callbacks.size === 0) this.#deafen();
    };
  }

  /** Lets go of the connection, whoever still listens: they hear of nothing more. */
  close(): void {
    this.#closed = true;
    this.#deafen();
  }

  #listen(): void {
    const look = () => {
      this.#turn = this.#turn.then(() => this.#look()).then(nothing, nothing);
    };
    const hints = (this.#hints = new Hints(this.pool, look, POLICY_CHANNEL));
    // Between the last read and the listening something may have changed, so there is a look after each.
    look();
    void hints.start().then(look);
    this.#timer = setInterval(look, this.everyMs);
    this.#timer.unref();
  }

  #deafen(): void {
    clearInterval(this.#timer);
    this.#hints?.stop();
  }

  // Whoever sees a change, all hear of it: a read by one must not hide it from the others.
  async #look(): Promise<Standing> {
    const now = await this.#bundles.standing();
    const before = this.#known;
    this.#known = now;
    const changed = before && (before.revision !== now.revision || before.candidate !== now.candidate);
    if (changed) for (const callback of [...this.#callbacks]) callback();
    return now;
  }

  async #archive(revision: string | null): Promise<ServedArchive | undefined> {
    if (revision === null) return undefined;
    const archive = await this.#bundles.archive(revision);
    if (!archive) throw new TypeError('the archive of a bundle is gone');
    return { revision, archive };
  }
}

function nothing(): void {}
