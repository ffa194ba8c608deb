import { readBundle, type Bundle } from '@countersign/policy';
import type { Bundles } from '@countersign/store';
import type { PolicySupply } from './supply.js';

/** Which bundle serves everywhere, and which have a part beside it. */
export interface Served {
  revision: string;
  /** Whether it was activated. If not, it serves because it is what one starts with. */
  stored: boolean;
  previous: string | null;
  candidate: string | null;
}

const FIRST_KEPT_MS = 5_000;
/** What an archive from the database is called in messages. */
const LOCATION = 'database';

/** The bundles intake keeps, and the one that serves while none of them was activated. */
export class ServedBundles {
  #first: Promise<Bundle> | undefined;
  #readAgainMs = 0;

  constructor(
    readonly bundles: Bundles,
    readonly supply: Pick<PolicySupply, 'first' | 'keys'>,
  ) {}

  /** Throws a Fault when nothing was activated and what one starts with cannot be read. */
  async now(): Promise<Served> {
    const { revision, previous, candidate } = await this.bundles.standing();
    if (revision !== null) return { revision, stored: true, previous, candidate };
    return { revision: (await this.first()).revision, stored: false, previous, candidate };
  }

  /** The bundle of a revision. Throws a Fault when it cannot be read any more, and a TypeError when it was never kept. */
  async read(revision: string): Promise<Bundle> {
    const first = await this.first();
    if (first.revision === revision) return first;
    const archive = await this.bundles.archive(revision);
    if (!archive) throw new TypeError(`there is no bundle ${revision}`);
    return readBundle(archive, 'database', LOCATION, this.supply.keys);
  }

  /** The archive that serves, as it is handed on. */
  async archive(): Promise<{ revision: string; archive: Buffer }> {
    const { revision, stored } = await this.now();
    if (!stored) return this.first();
    const archive = await this.bundles.archive(revision);
    if (!archive) throw new TypeError('the archive of a bundle is gone');
    return { revision, archive };
  }

  /** What serves while nothing was activated. A folder of policies may change, so it is read again from time to time. */
  first(): Promise<Bundle> {
    const nowMs = Date.now();
    if (!this.#first || nowMs > this.#readAgainMs) {
      this.#readAgainMs = nowMs + FIRST_KEPT_MS;
      const read = (this.#first = this.supply.first());
      read.catch(() => (this.#first = undefined));
    }
    return this.#first;
  }
}
