import type { Fault } from '@countersign/contract';
import type { Bundle } from '../bundle.js';
import type { Log } from '../opa.js';
import { Follower } from './follower.js';
import type { LastGood } from './last-good.js';
import type { Origin } from './origin.js';

/** What serves, as far as those who bring new bundles need it. */
export interface Served {
  readonly revision: string;
  load(bundle: Bundle, from?: { keptAt?: string }): Promise<unknown>;
  failed(thrown: unknown, location: string): Fault;
  reached(location: string): void;
  /** Answers nobody, for this reason; undefined: answers again. */
  withhold(why: string | undefined): void;
}

/**
 * Keeps what serves up with where it comes from. The origin that was named last and has a bundle decides; until it has one,
 * those before it do.
 */
export class Following {
  readonly #served: Served;
  readonly #lastGood: LastGood | undefined;
  readonly #log: Log;
  #followers: Follower[] = [];
  #owner: Origin | undefined;
  /** The revision that was rolled back from. Its origin may well have it still. */
  #left: string | undefined;

  constructor(served: Served, lastGood: LastGood | undefined, log: Log) {
    this.#served = served;
    this.#lastGood = lastGood;
    this.#log = log;
  }

  /** The revision that is held back because it was rolled back from, and where it would come from. */
  get heldBack(): { revision: string; location: string } | undefined {
    return this.#left === undefined || !this.#owner
      ? undefined
      : { revision: this.#left, location: this.#owner.location };
  }

  /**
   * Resolves when the origin was asked once. When it cannot be reached, or is not ours to mend, what was kept of it serves. Throws the
   * Fault when there is no such thing either; a remote origin is asked again all the same, a local one is not.
   */
  async follow(origin: Origin): Promise<void> {
    const follower: Follower = new Follower(origin, {
      deliver: (bundle) => this.#deliver(bundle, follower),
      failed: (thrown) => this.#served.failed(thrown, origin.location),
      reached: (bundle) => this.#reached(origin, bundle),
    });
    this.#followers.push(follower);
    try {
      await follower.look();
      follower.start();
    } catch (thrown) {
      const fault = thrown as Fault;
      const recalled = (fault.retryable || origin.remote) && (await this.#recall(follower));
      if (recalled || origin.remote) follower.start(1);
      else this.#followers = this.#followers.filter((other) => other !== follower);
      if (recalled) return;
      if (origin.decides) this.#served.withhold(fault.message);
      throw fault;
    }
  }

  /** After a rollback, what was left does not come back by itself, and what serves is what a later start finds. */
  rolledBack(left: string, bundle: Bundle): void {
    this.#left = left;
    void this.#keep(bundle);
  }

  /** Something was loaded by somebody's will: nothing is held back. */
  released(): void {
    this.#left = undefined;
  }

  close(): void {
    for (const follower of this.#followers) follower.close();
    this.#followers = [];
  }

  #reached(origin: Origin, bundle: Bundle | undefined): void {
    this.#served.reached(origin.location);
    if (origin.decides && !bundle) this.#served.withhold(undefined);
  }

  async #deliver(bundle: Bundle, follower: Follower): Promise<void> {
    this.#takeOver(follower);
    if (bundle.revision === this.#left) {
      this.#log(`policy ${bundle.revision} from ${bundle.location} was rolled back from, and is not loaded again`);
      return;
    }
    await this.#served.load(bundle);
    // Rolled back from while it was loaded, perhaps.
    if (bundle.revision !== this.#left) await this.#keep(bundle);
  }

  async #recall(follower: Follower): Promise<boolean> {
    const kept = await this.#lastGood?.read(follower.origin);
    if (!kept) return false;
    this.#takeOver(follower);
    this.#log(`policy ${kept.bundle.revision}, kept from ${kept.bundle.location} at ${kept.keptAt}, takes its place`);
    return this.#served.load(kept.bundle, kept).then(
      () => true,
      () => false,
    );
  }

  #takeOver(follower: Follower): void {
    this.#owner = follower.origin;
    const mine = this.#followers.indexOf(follower);
    for (const older of this.#followers.splice(0, Math.max(mine, 0))) older.close();
  }

  // The policies shipped are always there.
  async #keep(bundle: Bundle): Promise<void> {
    if (this.#owner && this.#owner.source !== 'default') await this.#lastGood?.keep(this.#owner, bundle);
  }
}
