import type pg from 'pg';
import type { Write } from '../write.js';
import { addUp } from './additions.js';
import { hourOf } from './bucket.js';
import { digest } from './counter-key.js';
import { saveFlow, touchSessions } from './flow.js';
import { moveHeads } from './heads.js';

/** A restart has another slot perhaps, but there are never more rows per bucket than this. */
const SLOTS = 16;
const REMEMBERED = 20_000;

/** The history side of one writer: in whose rows it counts, and which sessions it need not touch again. */
export class HistoryWriter {
  readonly #slot: number;
  /** Sessions that this process has made known, with the hour it last did so. */
  readonly #touched = new Map<string, number>();

  constructor(writer: string) {
    this.#slot = Number.parseInt(digest(writer).slice(0, 8), 16) % SLOTS;
  }

  /** False for a write that would leave history as it is: it may take the short way. */
  changes(write: Write): boolean {
    if (!write.history) return false;
    const { add, expect = [], flow } = write.history;
    const facts = flow.facts.length + (flow.inherited ?? []).length;
    return add.length + expect.length + facts > 0 || this.#newSessions([write]).size > 0;
  }

  /** Only after lockHeads, with the writes it let through. */
  async apply(client: pg.ClientBase, writes: Write[]): Promise<void> {
    await moveHeads(client, writes);
    await addUp(client, writes, this.#slot);
    await touchSessions(client, this.#newSessions(writes));
    await saveFlow(client, writes);
  }

  /** Only after the commit. */
  remember(writes: Write[]): void {
    const sessions = this.#newSessions(writes);
    if (this.#touched.size + sessions.size > REMEMBERED) this.#touched.clear();
    for (const [session, hour] of sessions) this.#touched.set(session, hour);
  }

  /** Sessions this process has not touched within the hour. One that it has cannot have been swept since. */
  #newSessions(writes: Write[]): Map<string, number> {
    const sessions = new Map<string, number>();
    for (const { history } of writes) {
      if (history?.flow.session === undefined) continue;
      const { session, at } = history.flow;
      const known = sessions.get(session) ?? this.#touched.get(session) ?? 0;
      if (hourOf(at) > known) sessions.set(session, hourOf(at));
    }
    return sessions;
  }
}
