import type { Bundle } from '../bundle.js';
import type { BundleSource } from '../policy.js';

/** Said by an origin that had a bundle and has none any more. What serves goes on; a candidate is no longer one. */
export const WITHDRAWN = Symbol('withdrawn');

/**
 * Where bundles come from. It says what is new and knows nothing of what serves.
 *
 * A Fault that is retryable means that it could not be asked; any other is about what it gave.
 */
export interface Origin {
  readonly source: BundleSource;
  /** For messages, events and lists: it holds nothing secret. */
  readonly location: string;
  /** The same for the same place, secret parts included: for digests only. */
  readonly identity: string;
  /** Whether it is looked after elsewhere, so that nobody here can mend what it gives. */
  readonly remote: boolean;
  /**
   * Whether nobody else may serve before this has said what does. One that can say that there is nothing leaves it to those
   * before it.
   */
  readonly decides?: boolean;
  /** How long to wait before it is asked again; Infinity when it never changes, 0 when asking is waiting. */
  readonly pauseMs: number;
  /** The bundle it has, unless it is the one it gave last. Waits no longer than until the signal. */
  next(signal: AbortSignal): Promise<Bundle | undefined | typeof WITHDRAWN>;
  /** How long to wait at most before one that could not be asked is asked again. */
  readonly longestBackoffMs?: number;
  /** What it gave last could not be loaded: remotely it may be mended without a sign, so it is asked for again. */
  refused?(): void;
}
