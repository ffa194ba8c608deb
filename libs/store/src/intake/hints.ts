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
    readonly onHint: (decisionIds: string[]) => void,
  ) {}

  async start(): Promise<void> {
    if (this.#stopped) return;
    try {
      const client = await this.pool.connect();
      if (this.#stopped) return client.release(true);
      this.#client = client;
      client.on('error', () => this.#again());
      client.on('notification', ({ payload }) => this.onHint((payload ?? '').split(' ').filter(Boolean)));
      await client.query('listen countersign_intake');
    } catch {
      this.#again();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client?.release(true);
  }

  #again(): void {
    this.#client?.release(true);
    this.#client = undefined;
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), 1_000);
  }
}
