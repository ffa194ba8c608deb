import type pg from 'pg';
import type { Write } from '../write.js';
import { addUp } from './additions.js';
import { bucketOf, HOUR_MS } from './bucket.js';
import { digest } from './counter-key.js';
import { saveFlow } from './flow.js';
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
    this.#slot = digest(writer)[0]! % SLOTS;
  }

  /** False for a write that would leave history as it is: it may take the short way. */
  changes({ history }: Write): boolean {
    if (!history) return false;
    const { add, expect = [], flow } = history;
    if (add.length + expect.length + flow.facts.length + (flow.inherited ?? []).length > 0) return true;
    return flow.session !== undefined && this.#touched.get(flow.session) !== hourOf(flow.at);
  }

  /** Only after lockHeads, with the writes it let through. */
  async apply(client: pg.ClientBase, writes: Write[]): Promise<void> {
    await moveHeads(client, writes);
    await addUp(client, writes, this.#slot);
    await saveFlow(client, writes);
  }

  /** Only after the commit. */
  remember(writes: Write[]): void {
    for (const { history } of writes) {
      if (history?.flow.session === undefined) continue;
      if (this.#touched.size >= REMEMBERED) this.#touched.clear();
      this.#touched.set(history.flow.session, hourOf(history.flow.at));
    }
  }
}

function hourOf(at: string): number {
  return bucketOf(Date.parse(at), HOUR_MS).getTime();
}
