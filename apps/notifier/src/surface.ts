import type { Card, Reminder } from '@countersign/approval';
import { Fault } from '@countersign/contract';
import type { MessageRef } from '@countersign/store';

/** A card, and the version of the decision it shows: a click names the version its person saw. */
export interface Sheet {
  card: Card;
  version: number;
  /** Of the canonical card: what goes with a vote. */
  digest: string;
}

/** A place where people are asked. It lays out cards and knows where they are; it decides nothing. */
export interface Surface {
  readonly channel: 'slack' | 'teams';
  post(address: string, sheet: Sheet): Promise<MessageRef>;
  update(address: string, ref: MessageRef, sheet: Sheet): Promise<void>;
  /** Below the message at `ref`, where the channel has such a place. People who are named are told. */
  remind(address: string, ref: MessageRef, reminder: Reminder): Promise<MessageRef>;
  /** To one person alone, by an account that is linked to them. */
  direct(account: string, text: string, link?: string): Promise<void>;
}

export type SurfaceCode =
  /** The channel asks for patience; `retryAfterMs` says how much. */
  | 'rate-limited'
  /** The channel did not take it, and may later. */
  | 'unavailable'
  /** The channel will never take it. */
  | 'rejected'
  /** No answer came: it may or may not have happened. */
  | 'outcome-unknown';

export class SurfaceFault extends Fault<SurfaceCode> {
  constructor(code: SurfaceCode, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(code, message, { cause: options.cause, retryable: code !== 'rejected' });
    this.retryAfterMs = options.retryAfterMs;
  }

  readonly retryAfterMs: number | undefined;
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Whether a failed request provably never reached the other side, however deep fetch has wrapped the cause. */
export function wasNeverSent(error: unknown): boolean {
  for (
    let inner = error;
    inner instanceof Error;
    inner = inner.cause ?? ('original' in inner ? inner.original : undefined)
  ) {
    if ('code' in inner && typeof inner.code === 'string' && NEVER_SENT.has(inner.code)) return true;
  }
  return false;
}
