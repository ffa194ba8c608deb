import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bundle } from '../bundle.js';
import { CARRIED_FILES, loadBundle, type LoadBundleOptions } from '../folder.js';
import type { BundleSource } from '../policy.js';
import { readSources, SHIPPED } from '../sources.js';
import type { Origin } from './origin.js';

export interface LocalOriginOptions extends LoadBundleOptions {
  /** How often to look for changes; 0 to look once. */
  pollMs: number;
}

/** Two equal looks this far apart: nobody is in the middle of writing. */
const SETTLED_MS = 150;

/**
 * A folder or a file on this machine, or the policies shipped. It is looked at every few seconds, because notices of changes
 * do not come from every kind of volume. What did not load is not tried again before it has changed.
 */
export class LocalOrigin implements Origin {
  readonly source: BundleSource;
  readonly location: string;
  readonly remote = false;
  readonly #options: LocalOriginOptions;
  #seen: string | undefined;

  constructor(options: LocalOriginOptions) {
    this.#options = options;
    this.location = options.source ?? SHIPPED;
    this.source = options.source === undefined ? 'default' : 'folder';
  }

  get identity(): string {
    return resolve(this.location);
  }

  get pauseMs(): number {
    return this.#options.pollMs > 0 ? this.#options.pollMs : Infinity;
  }

  async next(signal: AbortSignal): Promise<Bundle | undefined> {
    const first = this.#seen === undefined;
    let now = await this.#look();
    if (now === this.#seen) return undefined;
    for (let before; !first && now !== before; now = await this.#look()) {
      before = now;
      await sleep(SETTLED_MS, undefined, { signal, ref: false });
    }
    this.#seen = now;
    try {
      return await loadBundle(this.#options);
    } catch (error) {
      // What is not there has not been seen: when it comes back, it is new.
      if ((error as { retryable?: boolean }).retryable) this.#seen = undefined;
      throw error;
    }
  }

  /** A text that changes when what would be loaded does; empty for what is not there. */
  async #look(): Promise<string> {
    const entry = await stat(this.location).catch(() => undefined);
    if (!entry) return '';
    if (!entry.isDirectory()) return digestOf(await readFile(this.location));
    const sources = await readSources(this.location);
    const carried = await Promise.all(CARRIED_FILES.map((name) => readFile(join(this.location, name)).catch(() => '')));
    return digestOf(sources?.digest ?? '', ...carried);
  }
}

function digestOf(...parts: (Buffer | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest('hex');
}
