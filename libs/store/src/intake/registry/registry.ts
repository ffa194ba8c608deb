import { Fault } from '@countersign/contract';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../postgres.js';
import { Hints } from '../hints.js';
import { REGISTRY_CHANNEL } from './change.js';
import { RegistryReaders } from './readers.js';

/** A standing fact. Its `state` is what was written, and what that means is its owner's business. */
export interface RegistryFact<State = unknown> {
  id: string;
  version: number;
  seq: number;
  state: State;
}

export interface RegistryOptions {
  /** Unique for this process start. */
  process: string;
  /** Called after something has changed here, or elsewhere. */
  onChange?: () => void;
  /**
   * Resolves when nothing is under way any more that was begun before the latest changes were known. Only then does this
   * process count as one that acts by them.
   */
  settled?: () => Promise<void>;
  /** Longest time until a change is seen that nobody announced. */
  everyMs?: number;
}

/** Whoever could not look for this long may act by what no longer holds: it must refuse instead. Less than LIVE_S. */
const STALE_MS = 8_000;
const PAGE = 5_000;

/**
 * All standing facts, in the memory of each process. It follows the others by notices and by looking each second. What it
 * holds is never older than STALE_MS, or it says so.
 */
export class Registry {
  readonly #kinds = new Map<string, Map<string, RegistryFact>>();
  readonly #seqs = new Map<string, number>();
  readonly #followers = new Map<string, ((id: string, fact: RegistryFact | undefined) => void)[]>();
  readonly #readers: RegistryReaders;
  readonly #hints: Hints;
  #seq = 0;
  /** Up to where this process has told of changes and has settled what was begun before them. */
  #actedOn = 0;
  #seenAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #stopped = false;

  constructor(
    readonly pool: Pool,
    readonly options: RegistryOptions,
  ) {
    this.#readers = new RegistryReaders(pool, options.process);
    this.#hints = new Hints(pool, () => void this.refresh().catch(() => undefined), REGISTRY_CHANNEL);
  }

  get<State>(kind: string, id: string): RegistryFact<State> | undefined {
    return this.#kinds.get(kind)?.get(id) as RegistryFact<State> | undefined;
  }

  all<State>(kind: string): RegistryFact<State>[] {
    return [...(this.#kinds.get(kind)?.values() ?? [])] as RegistryFact<State>[];
  }

  /** Tells of every fact of a kind as it becomes known here, undefined when it is gone; to be called before `start`. */
  follow<State>(kind: string, take: (id: string, fact: RegistryFact<State> | undefined) => void): void {
    const followers = this.#followers.get(kind) ?? [];
    this.#followers.set(kind, [...followers, take as (id: string, fact: RegistryFact | undefined) => void]);
  }

  /** Grows with every change of these kinds. */
  seqOf(kinds: readonly string[]): number {
    return Math.max(0, ...kinds.map((kind) => this.#seqs.get(kind) ?? 0));
  }

  /** True when this may not be how things stand. */
  get stale(): boolean {
    return performance.now() - this.#seenAt > STALE_MS;
  }

  /** Everything is in memory when this resolves. Throws Fault `database-unavailable`. */
  async start(): Promise<void> {
    await this.refresh();
    await this.#hints.start();
    this.#schedule();
  }

  /** Looks, and resolves when all that was committed before the call is known here. Throws Fault `database-unavailable`. */
  refresh(): Promise<void> {
    if (!this.#looking) {
      this.#looking = this.#look().finally(() => (this.#looking = undefined));
      return this.#looking;
    }
    // What is under way may have looked too early: one more look, for all who ask meanwhile.
    return (this.#again ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#again = undefined;
        return this.refresh();
      }));
  }

  /** Resolves with whether every live process acts by all changes up to now, once it does or when the time is over. */
  async seenEverywhere(withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    await this.refresh();
    const seq = this.#seq;
    while ((await this.#readers.behind(seq)) > 0) {
      if (performance.now() > until) return false;
      await sleep(20);
    }
    return true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#hints.stop();
    await this.#again?.catch(() => undefined);
    await this.#looking?.catch(() => undefined);
    await this.#readers.leave().catch(() => undefined);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.refresh()
        .catch(() => undefined)
        .then(() => this.#schedule());
    }, this.options.everyMs ?? 1_000);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const began = performance.now();
    try {
      for (;;) {
        const rows = await this.#changes();
        rows.forEach((row) => this.#take(row));
        if (rows.length < PAGE) break;
      }
      this.#seenAt = began;
      // A look that failed half-way has left changes that nobody was told of yet.
      if (this.#seq !== this.#actedOn) {
        const seq = this.#seq;
        this.options.onChange?.();
        await this.options.settled?.();
        this.#actedOn = seq;
      }
      await this.#readers.mark(this.#seq);
    } catch (cause) {
      throw new Fault('database-unavailable', 'the database does not answer', { cause, retryable: true });
    }
  }

  async #changes(): Promise<Row[]> {
    const sql = 'select kind, id, version, seq, state from registry where seq > $1 order by seq limit $2';
    return (await this.pool.query<Row>(sql, [this.#seq, PAGE])).rows;
  }

  #take({ kind, id, version, seq, state }: Row): void {
    const facts = this.#kinds.get(kind) ?? new Map<string, RegistryFact>();
    this.#kinds.set(kind, facts);
    this.#seq = Number(seq);
    this.#seqs.set(kind, this.#seq);
    const fact = state === null ? undefined : { id, version, seq: this.#seq, state };
    if (fact) facts.set(id, fact);
    else facts.delete(id);
    this.#followers.get(kind)?.forEach((take) => take(id, fact));
  }
}

interface Row {
  kind: string;
  id: string;
  version: number;
  seq: string;
  state: unknown;
}
