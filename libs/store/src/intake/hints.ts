import type { Client, Pool } from '../postgres.js';

/**
 * Follows "something changed" notices of all processes on this database. They are hints: one may be lost, so whoever
 * listens also looks by itself from time to time. Reconnects by itself.
 */
export class Hints {
  #client: Client | undefined;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly pool: Pool,
    readonly onHint: (names: string[]) => void,
    readonly channel = 'countersign_intake',
  ) {}

  async start(): Promise<void> {
    if (this.#stopped) return;
    try {
      const client = await this.pool.connect();
      if (this.#stopped) return client.release(true);
      this.#client = client;
      client.on('error', () => this.#again(client));
      client.on('notification', ({ payload }) => this.onHint((payload ?? '').split(' ').filter(Boolean)));
      await client.query(`listen ${this.channel}`);
    } catch {
      this.#again(this.#client);
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** A connection may say more than once that it is lost, also after another has taken its place. */
  #again(lost: Client | undefined): void {
    if (lost !== this.#client) return;
    this.#drop();
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), 1_000);
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release(true);
  }
}
