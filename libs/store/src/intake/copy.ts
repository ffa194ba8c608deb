import type pg from 'pg';
import type { Connection, Submittable } from 'pg';

// COPY in the binary format, in one round trip: the statement, the rows and the end are sent together, because a server that
// fails the statement discards what follows. It is the cheapest way PostgreSQL has to take rows, and it cannot say
// ON CONFLICT: one bad row fails all, so the caller must be ready to find out which.

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

interface CopyConnection {
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  stream: { cork?(): void; uncork?(): void };
}

class BinaryCopy implements Submittable {
  readonly done: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #failed = false;
  /** pg calls it when a query is cut off; the promise is settled elsewhere. */
  callback = (): void => undefined;

  constructor(
    readonly sql: string,
    readonly data: Buffer,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as CopyConnection;
    wire.stream.cork?.();
    wire.query(this.sql);
    wire.sendCopyFromChunk(this.data);
    wire.endCopyFrom();
    wire.stream.uncork?.();
  }

  handleError(error: Error): void {
    this.#failed = true;
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.#failed) this.#resolve();
  }

  handleCommandComplete(): void {}
  handleCopyInResponse(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
}

/** Rows for one COPY, gathered in one buffer that is used again and again. Not for two COPYs at a time. */
export class CopyBuffer {
  #buffer = Buffer.allocUnsafe(256 * 1024);
  #at = 0;

  begin(): void {
    this.#at = SIGNATURE.copy(this.#buffer, 0);
  }

  row(columns: number): void {
    this.#room(2);
    this.#at = this.#buffer.writeInt16BE(columns, this.#at);
  }

  text(value: string): void {
    this.#room(4 + value.length * 3);
    const length = this.#buffer.write(value, this.#at + 4, 'utf8');
    this.#buffer.writeInt32BE(length, this.#at);
    this.#at += 4 + length;
  }

  /** Null when there is none. */
  maybe(value: string | undefined): void {
    if (value === undefined) this.bytes(null);
    else this.text(value);
  }

  bytes(value: Buffer | null): void {
    this.#room(4 + (value?.length ?? 0));
    this.#at = this.#buffer.writeInt32BE(value === null ? -1 : value.length, this.#at);
    if (value) this.#at += value.copy(this.#buffer, this.#at);
  }

  int8(value: number): void {
    this.#room(12);
    this.#at = this.#buffer.writeInt32BE(8, this.#at);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(value), this.#at);
  }

  /** Runs the COPY. Rejects with the database's error; none of the rows is in then. */
  async run(client: pg.ClientBase, sql: string): Promise<void> {
    this.#room(2);
    this.#at = this.#buffer.writeInt16BE(-1, this.#at);
    const copy = new BinaryCopy(sql, this.#buffer.subarray(0, this.#at));
    client.query(copy);
    await copy.done;
  }

  #room(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + size));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
