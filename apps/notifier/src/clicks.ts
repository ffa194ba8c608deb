import type { Decision } from '@countersign/approval';
import type { Log } from '@countersign/service';
import type { Deliveries, MessageRef, Requests } from '@countersign/store';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sheet } from './surface.js';
import type { Answer, Cast, Voting } from './voting.js';

// A click, from a verified channel to a vote on intake. Nothing the click carries is trusted beyond naming what it is
// about: the decision, its digest and what the card showed are looked up here.

export interface Click {
  channel: 'slack' | 'teams';
  account: string;
  address: string;
  ref: MessageRef;
  /** The value of the button. */
  value: string;
}

/** What a person says of it. */
export type Said = Pick<Cast, 'vote' | 'reason' | 'session'>;

/** What a click is about, once it has been found to be about something. */
export interface Target {
  decision: Decision;
  version: number;
  card_digest: string | undefined;
}

/** Long enough to be unguessable by accident; the whole digest is looked up. */
const PREFIX = 16;
/** Cards sent before they named themselves have no fourth part. */
const VALUE = /^v1\|([A-Za-z0-9_-]{1,256})\|(\d{1,9})\|([A-Za-z0-9_-]{16})(?:\|([A-Za-z0-9_-]{16}))?$/;

const STALE = 'This message is out of date. Nothing was recorded: look at the newest message about this request.';
const UNRECORDED =
  'Your vote could not be recorded, because the service is not reachable. Please try again in a minute.';

/** Waits between tries to reach intake, in milliseconds. */
const RETRIES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** The value of a button: which decision, at which version, with which action, on which card. */
export function buttonValue({ card, version, digest }: Sheet): string {
  return `v1|${card.id}|${version}|${card.action_digest.slice(0, PREFIX)}|${digest.slice(0, PREFIX)}`;
}

export class Clicks {
  private readonly open = new Set<Promise<unknown>>();

  constructor(
    private readonly parts: { requests: Requests; deliveries: Deliveries; voting: Voting; log: Log },
    private readonly retriesMs: readonly number[] = RETRIES_MS,
  ) {}

  /** Finds what a click is about, or says why it is about nothing. */
  async locate(click: Click): Promise<Target | { refused: string }> {
    const [, id, version, prefix, shown] = VALUE.exec(click.value) ?? [];
    if (!id) return { refused: STALE };
    const decision = await this.parts.requests.find(id);
    if (!decision || decision.action_digest.slice(0, PREFIX) !== prefix) return { refused: STALE };
    // A value copied into another message or conversation is not a click on ours.
    if (!(await this.parts.deliveries.owns(id, click.channel, click.address, click.ref))) return { refused: STALE };
    const card_digest = await this.parts.requests.cardDigest(id, Number(version), click, shown);
    // Only what was sent to this conversation can have been seen in it.
    if (shown && !card_digest) return { refused: STALE };
    return { decision, version: Number(version), card_digest };
  }

  /** Casts the vote, patiently: a vote is idempotent, and a person who clicked should not have to click again. */
  async cast(click: Click, target: Target, vote: Said): Promise<Answer> {
    const cast: Cast = {
      id: target.decision.id,
      ...vote,
      seen_digest: target.decision.action_digest,
      ...(target.card_digest ? { card_digest: target.card_digest } : {}),
      account: { channel: click.channel, account: click.account },
    };
    for (const wait of [...this.retriesMs, undefined]) {
      try {
        return await this.parts.voting.castVote(cast);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        this.parts.log.warn({ decision_id: cast.id, channel: click.channel, error: text }, 'vote not taken yet');
        if (wait === undefined) break;
        await sleep(wait);
      }
    }
    this.parts.log.error({ decision_id: cast.id, channel: click.channel }, 'vote given up');
    return { refused: UNRECORDED };
  }

  /** Lets work go on behind an answer that could not wait for it, and is itself waited for when the process ends. */
  async within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    const kept = work.catch((error: unknown) => {
      this.parts.log.error({ error: error instanceof Error ? error.message : String(error) }, 'click not finished');
      return undefined;
    });
    this.open.add(kept);
    void kept.finally(() => this.open.delete(kept));
    const timer = new AbortController();
    try {
      return await Promise.race([kept, sleep(ms, undefined, { signal: timer.signal })]);
    } finally {
      timer.abort();
    }
  }

  /** Resolves when no click is left half done. */
  async drain(): Promise<void> {
    await Promise.all(this.open);
  }
}
