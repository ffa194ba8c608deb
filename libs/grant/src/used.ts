import type { Once, Use } from './once.js';
import { refuse, type Refused } from './refusal.js';
import { MOST_SKEW_S } from './skew.js';

interface Entry {
  /** Seconds since 1970: from then on the grant is refused for its age alone, whatever difference of clocks is allowed. */
  until: number;
  uses: number;
  proofs: Set<string>;
}

/**
 * Remembers in this process which grants were used, until they expire. It is single use for as long as one instance is all
 * there is: two instances know nothing of each other, and a restart forgets. When it holds no more it refuses rather than
 * forgets, so it can be filled, but not emptied, by whoever has many grants.
 */
export class UsedGrants implements Once {
  readonly #entries = new Map<string, Entry>();

  constructor(readonly most = 100_000) {}

  get size(): number {
    return this.#entries.size;
  }

  use({ claims, holder, now }: Use): Promise<{ use: number } | Refused> {
    const { iss, jti, exp, max_uses } = claims;
    const id = `${iss}\n${jti}`;
    let entry = this.#entries.get(id);
    if (!entry) {
      if (this.#entries.size >= this.most) this.#forgetExpired(now);
      if (this.#entries.size >= this.most)
        return Promise.resolve(refuse('memory-full', 'too many grants were used here to remember another one'));
      entry = { until: exp + MOST_SKEW_S, uses: 0, proofs: new Set() };
    }
    if (entry.uses >= max_uses)
      return Promise.resolve(
        refuse('used', `it has been used here; it works ${max_uses === 1 ? 'once' : `${max_uses} times`}`),
      );
    if (holder && entry.proofs.has(holder.id))
      return Promise.resolve(refuse('proof-replayed', 'its proof has been used here before'));
    entry.uses++;
    if (holder) entry.proofs.add(holder.id);
    this.#entries.set(id, entry);
    return Promise.resolve({ use: entry.uses });
  }

  #forgetExpired(now: Date): void {
    const seconds = now.getTime() / 1000;
    for (const [id, { until }] of this.#entries) if (until < seconds) this.#entries.delete(id);
  }
}
