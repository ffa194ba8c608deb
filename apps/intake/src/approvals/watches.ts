import { setTimeout } from 'node:timers/promises';
import { isConcerned, type Decision as CoreDecision, type Person } from '@countersign/approval';
import { StatusError, type ApprovalView } from '@countersign/contract';
import type { Changes } from '../changes.js';
import { stopping } from '../decision-api.js';
import { LOOKED_THROUGH } from './pages.js';
import type { Views, Zone } from './views.js';

/** Milliseconds between two looks for one who watches. */
const LOOK_AGAIN_MS = 200;
/** Watches of one person at a time: each looks whenever anything changes. */
const MOST_WATCHES = 20;

/** Who watches: looked up anew at every look, and undefined once they may not. */
export type Watcher = () => Person | undefined | Promise<Person | undefined>;

/** Approvals as they come and change, for everybody who watches. */
export class Watches {
  /** By person. */
  readonly #open = new Map<string, number>();

  constructor(
    readonly views: Views,
    readonly changes: Changes,
  ) {}

  /** Throws StatusError RESOURCE_EXHAUSTED: pages that nobody closes must not wear out what everybody reads from. */
  requireRoom(id: string): void {
    if ((this.#open.get(id) ?? 0) < MOST_WATCHES) return;
    throw new StatusError('RESOURCE_EXHAUSTED', `you watch ${MOST_WATCHES} times already: close what you do not read`, {
      reason: 'TOO_MANY_WATCHES',
      retryAfterMs: 5_000,
    });
  }

  /** Throws what `requireRoom` throws. */
  async *of(id: string, reader: Watcher, all: boolean, zone: Zone, signal: AbortSignal): AsyncGenerator<ApprovalView> {
    this.requireRoom(id);
    this.#open.set(id, (this.#open.get(id) ?? 0) + 1);
    try {
      yield* this.#looks(reader, all, zone, signal);
    } finally {
      const left = this.#open.get(id)! - 1;
      if (left > 0) this.#open.set(id, left);
      else this.#open.delete(id);
    }
  }

  /** Looks again when anything may have changed, but not more often than people can read. */
  async *#looks(reader: Watcher, all: boolean, zone: Zone, signal: AbortSignal): AsyncGenerator<ApprovalView> {
    const shown = new Map<string, number>();
    while (!signal.aborted) {
      if (this.changes.closed) throw stopping();
      const person = await reader();
      if (!person) return;
      // Before the look: what changes while it is under way is the reason for the next one.
      const changed = this.changes.nextOfAny(Date.now() + 5_000, signal);
      const rows = (await this.views.decisions.reader.pending(LOOKED_THROUGH)).map(
        (text) => JSON.parse(text) as CoreDecision,
      );
      const pending = new Set(rows.map(({ id }) => id));
      const gone = [...shown.keys()].filter((id) => !pending.has(id));
      const decided =
        gone.length === 0
          ? []
          : (await this.views.decisions.reader.states(gone)).map((text) => JSON.parse(text) as CoreDecision);
      for (const decision of [...rows, ...decided]) {
        if (
          shown.get(decision.id) === decision.version ||
          !(shown.has(decision.id) || this.views.lists(decision, person, all))
        )
          continue;
        shown.set(decision.id, decision.version);
        // Whoever has left the group meanwhile sees no more of it.
        if (!isConcerned(decision, person)) continue;
        yield this.views.of(decision, person, zone);
      }
      gone.forEach((id) => shown.delete(id));
      await changed;
      await setTimeout(LOOK_AGAIN_MS);
    }
  }

  /** A person as the directory has them at every look, and nobody once they are disabled or gone. */
  asLongAsThere({ id }: Pick<Person, 'id'>): () => Person | undefined {
    return () => {
      const person = this.views.directory().person(id);
      return person?.disabled ? undefined : person;
    };
  }
}
