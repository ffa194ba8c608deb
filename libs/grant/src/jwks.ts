import type { JsonWebKey, KeyObject } from 'node:crypto';
import { KeysUnavailable, readKeys, type KeySet, type KeySource } from './keys.js';
import { safeUrl } from './url.js';

export interface JwksOptions {
  /** How long fetched keys are used without asking again. A key that is taken away works for this long at most. */
  freshMs?: number;
  /** How long they are used when asking again does not work; then nothing is verified any more. */
  staleMs?: number;
  /** Between two questions at least, whatever arrives: unknown key ids must not make us a hammer. */
  pauseMs?: number;
  timeoutMs?: number;
  fetch?: typeof globalThis.fetch;
  clock?: () => number;
}

const LARGEST = 262_144;
const MOST_SHARED = 16;

/** The keys behind a JWKS URL. A key id it does not know makes it look again, once, since keys are rotated. */
export class JwksCache implements KeySource {
  static readonly #shared = new Map<string, JwksCache>();
  readonly #url: string;
  readonly #options: Required<JwksOptions>;
  #keys: KeySet = new Map();
  #fetchedAt = -Infinity;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;
  #problem = '';

  /** Throws TypeError for a URL that anybody on the way could answer: https, or http on this machine. */
  constructor(url: string, options: JwksOptions = {}) {
    this.#url = safeUrl(url);
    this.#options = {
      ...{ freshMs: 60_000, staleMs: 600_000, pauseMs: 5_000, timeoutMs: 3_000 },
      ...{ fetch: globalThis.fetch, clock: () => performance.now() },
      ...options,
    };
  }

  /** The one cache of this process for a URL. */
  static of(url: string): JwksCache {
    const known = JwksCache.#shared.get(url);
    if (known) return known;
    if (JwksCache.#shared.size >= MOST_SHARED) throw new RangeError('too many JWKS URLs: make a JwksCache of your own');
    const made = new JwksCache(url);
    JwksCache.#shared.set(url, made);
    return made;
  }

  async find(kid: string): Promise<KeyObject | undefined> {
    const { freshMs, staleMs } = this.#options;
    if (this.#age() >= freshMs) await this.#ask();
    if (this.#age() >= staleMs) throw new KeysUnavailable(`the keys cannot be had: ${this.#problem}`);
    if (!this.#keys.has(kid)) await this.#ask();
    return this.#keys.get(kid);
  }

  #age(): number {
    return this.#options.clock() - this.#fetchedAt;
  }

  /** Asks, unless somebody has just asked. Keeps what there was when there is no answer. */
  #ask(): Promise<void> {
    const { clock, pauseMs } = this.#options;
    if (!this.#asking && clock() - this.#askedAt < pauseMs) return Promise.resolve();
    this.#asking ??= this.#fetch().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #fetch(): Promise<void> {
    const { clock, fetch, timeoutMs } = this.#options;
    this.#askedAt = clock();
    try {
      const response = await fetch(this.#url, {
        redirect: 'error',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
      if (text.length > LARGEST) throw new Error(`answered with more than ${LARGEST} characters`);
      const { keys } = JSON.parse(text) as { keys?: unknown };
      if (!Array.isArray(keys)) throw new Error('answered with no JWKS');
      this.#keys = readKeys({ keys: keys.filter((key): key is JsonWebKey => typeof key === 'object' && key !== null) });
      // From when it was asked, not from when it was answered: an answer is as old as its question.
      this.#fetchedAt = this.#askedAt;
    } catch (error) {
      this.#problem = `${this.#url}: ${(error as Error).message}`;
    }
  }
}
