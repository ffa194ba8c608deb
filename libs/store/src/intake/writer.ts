import { hash } from 'node:crypto';
import { Fault } from '@countersign/contract';
import type pg from 'pg';
import type { Pool } from '../postgres.js';
import { overtakenAsks } from './asks/index.js';
import { changePolicy, overtakenPolicy } from './bundles/change.js';
import { CopyBuffer } from './copy.js';
import { requireStorable } from './history/change.js';
import { lockHeads } from './history/heads.js';
import { HistoryWriter } from './history/history-writer.js';
import { changeRegistry, overtakenRegistry } from './registry/change.js';
import { saveBorn, saveStates, takenKeys } from './states.js';
import { eventText, type SourcePosition, type Write, type Written } from './write.js';

const COPY_EVENTS =
  'copy events (source, source_seq, decision_id, request_key, body, subject_id, submitted_by) from stdin (format binary)';
const BATCH = 512;
/** Another process was faster, or each waited for the other: unique violation, deadlock. Nothing is in; look and try again. */
const RACED = new Set(['23505', '40P01']);
const ATTEMPTS = 5;

export interface WriterOptions {
  /** Unique for this process start: a restart is a new source, with its own numbering and chain. */
  name: string;
  limit: number;
  onCommit: (writes: Write[]) => void;
  /** False while this process may act by what no longer holds. Then nothing is written, and so nothing permitted. */
  ready?: () => boolean;
}

interface Waiting {
  write: Write;
  settle: (result: Written) => void;
  fail: (error: Error) => void;
}

/**
 * The only way anything gets into intake's tables: one writer per process, group commit without a timer. While a commit is
 * under way, what arrives waits and goes together in the next one. Events are numbered and chained inside the commit that
 * stores them, so a failed commit leaves no gap; the caller is answered only after it.
 */
export class Writer {
  readonly #pool: Pool;
  readonly #limit: number;
  readonly #onCommit: (writes: Write[]) => void;
  readonly #ready: () => boolean;
  readonly #name: string;
  readonly #rows = new CopyBuffer();
  readonly #history: HistoryWriter;
  #queue: Waiting[] = [];
  /** What the commit under way holds. */
  #underWay: Waiting[] = [];
  #busy = false;
  #closed = false;
  #client: pg.PoolClient | undefined;
  #incarnation = 0;
  #head: SourcePosition;

  constructor(pool: Pool, options: WriterOptions) {
    this.#ready = options.ready ?? (() => true);
    this.#pool = pool;
    this.#name = options.name;
    this.#limit = options.limit;
    this.#onCommit = options.onCommit;
    this.#history = new HistoryWriter(options.name);
    this.#head = { source: options.name, seq: 0, prev: '' };
  }

  /** True when more would only wait: answer RESOURCE_EXHAUSTED instead. */
  get full(): boolean {
    return this.#queue.length >= this.#limit;
  }

  get depth(): number {
    return this.#queue.length;
  }

  /**
   * Resolves after the commit. Rejects with Fault `database-unavailable` when it is not known to have happened, and with an
   * Error when the database can keep no such thing.
   */
  async write(write: Write): Promise<Written> {
    if (write.history) requireStorable(write.history);
    if (this.#closed) throw new Fault('database-unavailable', 'this process is stopping', { retryable: true });
    if (!this.#ready())
      throw new Fault('database-unavailable', 'this process does not know how things stand', { retryable: true });
    return new Promise((settle, fail) => {
      this.#queue.push({ write, settle, fail });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#flush());
    });
  }

  /** Resolves when everything accepted so far is settled. What comes later is not waited for. */
  settled(): Promise<void> {
    const waiting = [...this.#underWay, ...this.#queue];
    let left = waiting.length;
    if (left === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const one = () => --left === 0 && resolve();
      for (const each of waiting) {
        const { settle, fail } = each;
        each.settle = (result) => (settle(result), one());
        each.fail = (error) => (fail(error), one());
      }
    });
  }

  /** Takes no more, waits until everything accepted so far is settled, then lets go of the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#busy) await new Promise((resolve) => setTimeout(resolve, 5));
    this.#client?.release();
    this.#client = undefined;
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = (this.#underWay = this.#take());
      const error = await this.#settle(batch);
      if (!error) continue;
      // Nobody's write fails because of what is in another's: each goes by itself, and only that one fails.
      if (isUnstorable(error) && batch.length > 1) {
        for (const one of batch) fail([one], await this.#settle([one]));
      } else fail(batch, error);
    }
    this.#underWay = [];
    this.#busy = false;
  }

  /** Commits and answers. Returns why nothing of it was committed, and then nobody has been answered. */
  async #settle(batch: Waiting[]): Promise<unknown> {
    const head = this.#head;
    let results: Written[];
    try {
      results = await this.#commit(batch);
    } catch (error) {
      this.#recover(head, error);
      return error;
    }
    batch.forEach(({ settle }, i) => settle(results[i]!));
    this.#onCommit(batch.filter((_, i) => results[i] === 'written').map(({ write }) => write));
    return undefined;
  }

  /** The next batch. A second write on a decision in it would only conflict, so it waits for the next one. */
  #take(): Waiting[] {
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    const decisions = new Set<string>();
    let taken = 0;
    for (; taken < this.#queue.length && batch.length < BATCH; taken++) {
      const waiting = this.#queue[taken]!;
      const { state, decisionId } = waiting.write;
      if (state && decisions.has(decisionId)) later.push(waiting);
      else batch.push(waiting);
      if (state) decisions.add(decisionId);
    }
    this.#queue = [...later, ...this.#queue.slice(taken)];
    return batch;
  }

  async #commit(batch: Waiting[]): Promise<Written[]> {
    const client = (this.#client ??= await this.#pool.connect());
    const writes = batch.map(({ write }) => write);
    if (writes.every((write) => !write.state && !write.policy && !write.registry && !this.#history.changes(write))) {
      try {
        await this.#copy(client, writes);
        return writes.map(() => 'written');
      } catch (error) {
        if (!hasRaced(error)) throw error;
      }
    }
    // A request key can be taken by another process between the look and the COPY: then look again.
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transaction(client, writes);
      } catch (error) {
        await client.query('rollback');
        if (!hasRaced(error) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #transaction(client: pg.PoolClient, writes: Write[]): Promise<Written[]> {
    await client.query('begin');
    const taken = await takenKeys(client, writes);
    const fresh = writes.filter((write) => !taken.has(write));
    const overtaken = await overtakenAsks(client, fresh);
    for (const write of await lockHeads(client, without(fresh, overtaken))) overtaken.add(write);
    for (const write of await overtakenPolicy(client, without(fresh, overtaken))) overtaken.add(write);
    for (const write of await overtakenRegistry(client, without(fresh, overtaken))) overtaken.add(write);
    const lost = await saveStates(client, without(fresh, overtaken));
    // In one order everywhere, so that two processes never hold a key each that the other wants.
    const winners = without(without(fresh, overtaken), lost).sort(byRequestKey);
    await saveBorn(client, winners);
    await changePolicy(client, winners);
    await changeRegistry(client, winners);
    await this.#history.apply(client, winners);
    if (winners.length > 0) await this.#copy(client, winners);
    await notify(
      client,
      winners.filter(({ state }) => state),
    );
    await client.query('commit');
    this.#history.remember(winners);
    return writes.map((write) =>
      taken.has(write) ? 'duplicate' : overtaken.has(write) || lost.has(write) ? 'conflict' : 'written',
    );
  }

  async #copy(client: pg.PoolClient, writes: Write[]): Promise<void> {
    const before = this.#head;
    let { seq, prev } = before;
    const { source } = before;
    this.#rows.begin();
    for (const { decisionId, events, requestKey } of writes) {
      for (let i = 0; i < events.length; i++) {
        seq++;
        const stream = events[i]!.stream ?? decisionId;
        const body = eventText(stream, events[i]!, { source, seq, prev });
        prev = hash('sha256', body, 'base64url');
        this.#rows.row(7);
        this.#rows.text(source);
        this.#rows.int8(seq);
        this.#rows.text(stream);
        this.#rows.bytes(i === 0 && requestKey ? requestKey : null);
        this.#rows.text(body);
        this.#rows.maybe(events[i]!.parties?.subject);
        this.#rows.maybe(events[i]!.parties?.submittedBy);
      }
    }
    await this.#rows.run(client, COPY_EVENTS);
    this.#head = { source, seq, prev };
  }

  /**
   * After a failed commit the connection is dropped. If it was lost while committing, nobody knows whether the rows are in;
   * numbering on could use their numbers twice, so this process goes on as a new source.
   */
  #recover(head: SourcePosition, cause: unknown): void {
    this.#client?.release(true);
    this.#client = undefined;
    // Only an ERROR says that the statement was undone; a FATAL may end a session whose commit was done already.
    const undone = (cause as { severity?: unknown }).severity === 'ERROR';
    if (undone) this.#head = head;
    else this.#head = { source: `${this.#name}.${++this.#incarnation}`, seq: 0, prev: '' };
  }
}

function fail(batch: Waiting[], cause: unknown): void {
  if (cause === undefined) return;
  // Trying again would not help, so this is no fault; and what PostgreSQL says of a value quotes it, so only the code is told.
  const error = isUnstorable(cause)
    ? new Error(`the database cannot keep what is to be written: ${codeOf(cause)}`)
    : new Fault('database-unavailable', 'the database did not confirm', { cause, retryable: true });
  batch.forEach((one) => one.fail(error));
}

/** A value that has no place in its column or index: data exceptions, and limits of the program. */
function isUnstorable(error: unknown): boolean {
  return /^(22|54)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? '';
}

function hasRaced(error: unknown): boolean {
  return RACED.has(codeOf(error));
}

/** Tells the other processes which decisions are not as they know them. */
async function notify(client: pg.PoolClient, writes: Write[]): Promise<void> {
  if (writes.length === 0) return;
  await client.query(`select pg_notify('countersign_intake', left($1, 7900))`, [
    writes.map(({ decisionId }) => decisionId).join(' '),
  ]);
}

function without(writes: Write[], lost: ReadonlySet<Write>): Write[] {
  return writes.filter((write) => !lost.has(write));
}

const NO_KEY = Buffer.alloc(0);

function byRequestKey(one: Write, other: Write): number {
  return Buffer.compare(one.requestKey ?? NO_KEY, other.requestKey ?? NO_KEY);
}
