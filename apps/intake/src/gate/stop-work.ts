import { inForce, stopOf, type Decision } from '@countersign/approval';
import type { Log } from '@countersign/service';
import type { RegistryFact } from '@countersign/store';
import type { Decisions } from '../decisions.js';
import type { Stopping } from './stopping.js';
import { stopIn, type KeptStop } from './stops.js';

const LOOK_EVERY_MS = 1_000;
/** Rows read at a time. */
const PAGE = 500;
/** Decisions ended at a time: they share commits. */
const AT_ONCE = 64;
/** For this long the process that placed a stop is left alone with it. */
const OTHERS_AFTER_MS = 5_000;

/**
 * Carries stops through: ends what waits, takes back what is permitted and not used, and lifts those whose time is over.
 * What is left to do is in the tables, so a process that dies in the middle is followed by another; two that work on the
 * same one only find things done.
 */
export class StopWork {
  readonly #begun = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #looking = false;
  #busy: Promise<void> = Promise.resolve();

  constructor(
    readonly decisions: Decisions,
    readonly stopping: Stopping,
    readonly log: Log,
  ) {}

  start(): void {
    this.#lookIn(LOOK_EVERY_MS);
  }

  /** This process has placed it and goes on with it at once. */
  begin(id: string): void {
    this.#begun.add(id);
    if (!this.#looking) this.#lookIn(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#busy;
  }

  #lookIn(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = true;
      this.#busy = this.#look().finally(() => {
        this.#looking = false;
        this.#lookIn(LOOK_EVERY_MS);
      });
    }, ms);
  }

  async #look(): Promise<void> {
    const now = this.decisions.now();
    for (const fact of this.decisions.stops.kept()) {
      if (this.#stopped) return;
      try {
        if (!inForce(fact.state, now.toISOString())) await this.stopping.end(fact.id, fact.version, fact.state);
        else if (!fact.state.finished && this.#isMine(fact, now)) await this.#carryThrough(fact);
      } catch (error) {
        this.log.warn({ id: fact.id, cause: (error as Error).message }, 'a stop cannot be carried through yet');
      }
    }
  }

  #isMine({ id, state }: RegistryFact<KeptStop>, now: Date): boolean {
    return this.#begun.has(id) || now.getTime() - Date.parse(state.at) > OTHERS_AFTER_MS;
  }

  async #carryThrough(fact: RegistryFact<KeptStop>): Promise<void> {
    // Until every process acts by it, something may still come into its scope.
    const settled = await this.stopping.inEffectEverywhere();
    let found = 0;
    do {
      found = await this.#pass(fact);
    } while (found > 0 && !this.#stopped);
    if (!settled || found > 0) return;
    await this.stopping.finish(fact.id, fact.version, fact.state);
    this.#begun.delete(fact.id);
  }

  /** Goes once through all that waits or is permitted, and says how much of it came under the stop. */
  async #pass({ id, state }: RegistryFact<KeptStop>): Promise<number> {
    const stop = stopIn(id, state);
    let found = 0;
    let after: { due: string; id: string } | undefined;
    for (;;) {
      const rows = await this.decisions.reader.open(PAGE, after);
      const covered = rows.filter((row) => {
        const { request } = JSON.parse(row.state) as Decision;
        return stopOf([stop], request, this.decisions.now().toISOString());
      });
      found += covered.length;
      for (let i = 0; i < covered.length && !this.#stopped; i += AT_ONCE)
        await Promise.all(covered.slice(i, i + AT_ONCE).map((row) => this.decisions.run(row.id, { type: 'stop' })));
      after = rows.at(-1);
      if (rows.length < PAGE || this.#stopped) return found;
    }
  }
}
