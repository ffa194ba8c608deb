import { Fault } from '@countersign/contract';
import { readBundle, type Bundle } from '../bundle.js';
import type { PolicyKeys } from '../signature/keys.js';
import type { Origin } from './origin.js';

export interface UrlOriginOptions {
  /** https, or http on loopback; what follows a "?" is taken for secret. */
  url: string;
  /** Sent as a bearer token, to this address and no other. */
  token?: string | undefined;
  keys?: PolicyKeys | undefined;
  /** Where the server cannot wait, it is asked again after a time between these. */
  minPauseMs: number;
  maxPauseMs: number;
  /** For how long a server that can may wait with its answer until there is something new, in seconds. */
  waitS?: number;
  /** For how long a request may take, what the server waits not included. */
  timeoutMs?: number;
  maxBytes?: number;
}

/** What a server says that waits with its answer (https://www.openpolicyagent.org/docs/management-bundles#http-long-polling). */
const LONG_POLLING = 'application/vnd.openpolicyagent.bundles';
const WAIT_S = 30;
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** An OPA bundle server: any server that has a bundle at an address, with an ETag, and perhaps waits until it changes. */
export class UrlOrigin implements Origin {
  readonly source = 'url';
  readonly remote = true;
  readonly location: string;
  readonly #options: UrlOriginOptions;
  #etag = '';
  #waits = false;

  constructor(options: UrlOriginOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.location = `${origin}${pathname}`;
  }

  get identity(): string {
    return this.#options.url;
  }

  get pauseMs(): number {
    const { minPauseMs, maxPauseMs } = this.#options;
    if (this.#waits && minPauseMs !== Infinity) return 0;
    // At different times, so that a thousand of us do not ask at once.
    return minPauseMs + Math.random() * Math.max(0, maxPauseMs - minPauseMs);
  }

  refused(): void {
    this.#etag = '';
  }

  async next(signal: AbortSignal): Promise<Bundle | undefined> {
    const { waitS = WAIT_S, timeoutMs = TIMEOUT_MS, keys } = this.#options;
    const waiting = this.#waits && this.#etag !== '';
    const timeout = AbortSignal.timeout(timeoutMs + (waiting ? waitS * 1000 : 0));
    const prefer = `modes=snapshot${waiting || this.#etag === '' ? `;wait=${waitS}` : ''}`;
    try {
      const response = await this.#get(prefer, AbortSignal.any([signal, timeout]));
      if (response.status === 304) {
        await response.body?.cancel();
        return undefined;
      }
      if (response.status !== 200) throw await this.#unexpected(response);
      const archive = await this.#body(response);
      this.#waits = response.headers.get('content-type')?.split(';')[0]?.trim() === LONG_POLLING;
      const bundle = await readBundle(archive, this.source, this.location, keys);
      this.#etag = response.headers.get('etag') ?? '';
      return bundle;
    } catch (thrown) {
      this.#etag = '';
      if (thrown instanceof Fault) throw thrown;
      throw this.#unreachable(
        timeout.aborted ? 'does not answer in time' : `cannot be reached${codeOf(thrown)}`,
        thrown,
      );
    }
  }

  #get(prefer: string, signal: AbortSignal): Promise<Response> {
    const { url, token } = this.#options;
    const headers = {
      prefer,
      // A bundle is compressed as it is; another layer would be taken off on the way.
      'accept-encoding': 'identity',
      ...(this.#etag ? { 'if-none-match': this.#etag } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    return fetch(url, { headers, redirect: 'manual', signal });
  }

  async #unexpected(response: Response): Promise<Fault> {
    await response.body?.cancel();
    const { status } = response;
    if (status >= 300 && status < 400) return this.#unreachable('leads elsewhere: name the address that it leads to');
    return this.#unreachable(`answers with status ${status}`);
  }

  async #body(response: Response): Promise<Buffer> {
    const { maxBytes = MAX_BYTES } = this.#options;
    const pieces: Uint8Array[] = [];
    let bytes = Number(response.headers.get('content-length') ?? 0) > maxBytes ? Infinity : 0;
    for await (const piece of bytes > 0 ? [] : (response.body ?? [])) {
      pieces.push(piece as Uint8Array);
      bytes += (piece as Uint8Array).length;
      if (bytes > maxBytes) break;
    }
    if (bytes > maxBytes) {
      await response.body?.cancel().catch(() => undefined);
      throw new Fault('policy-bundle', `the policy server ${this.location} gives more than ${maxBytes} bytes`);
    }
    if (bytes === 0) throw this.#unreachable('gives an empty answer');
    return Buffer.concat(pieces);
  }

  #unreachable(how: string, cause?: unknown): Fault {
    return new Fault('policy-unreachable', `the policy server ${this.location} ${how}`, { cause, retryable: true });
  }
}

/** What the system calls it: it says whether the name, the port or the certificate is wrong. */
function codeOf(thrown: unknown): string {
  const { cause } = (thrown ?? {}) as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? ` (${cause.code})` : '';
}
