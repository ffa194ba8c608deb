import { ASKS_WINDOW_S, restraint, type Denied, type Hold, type Limits, type Person } from '@countersign/approval';
import type { AskLimit } from '@countersign/store';
import type { Asked } from './ask.js';
import { likenessOf, type Decisions } from './decisions.js';
import { idBefore, madeAt } from './ids.js';

export interface AttentionParts {
  decisions: Decisions;
  limits: Limits;
}

/** People whose open requests are counted. In a larger group somebody has time. */
const MOST_LOOKED_AT = 200;

/** How much of people's attention agents have taken, for the rules that say how much they may. */
export class Attention {
  constructor(readonly parts: AttentionParts) {}

  /** What keeps people from being asked once more. A request that only joins one that waits takes nobody's attention. */
  async of(asked: Asked, members: readonly Person[], nowMs: number): Promise<Pick<Hold, 'restraint' | 'weary'>> {
    const { decisions, limits } = this.parts;
    const people = members.map(({ id }) => id).slice(0, MOST_LOOKED_AT);
    const { denied, waiting, first, ...found } = await decisions.reader.attention(
      keysOf(asked),
      people,
      this.#lately(nowMs),
    );
    if (found.isPending) return {};
    const standing = {
      pending: found.pending,
      ...(denied === null ? {} : { denied: JSON.parse(denied) as Denied }),
      ...(first === null ? {} : { full_since: new Date(madeAt(first)).toISOString() }),
    };
    return {
      restraint: restraint(standing, limits, new Date(nowMs).toISOString()),
      weary: people.filter((id) => (waiting?.[id] ?? 0) >= limits.pending_per_approver),
    };
  }

  /** Whether people have denied just this a short time ago. */
  async isDenied(asked: Asked, at: string): Promise<boolean> {
    const { denied } = await this.parts.decisions.reader.attention(keysOf(asked), []);
    if (denied === null) return false;
    return restraint({ pending: 0, denied: JSON.parse(denied) as Denied }, this.parts.limits, at) !== undefined;
  }

  /** What is counted again at the commit: others ask at the same moment, in this process and in others. */
  limit(subject_id: string, nowMs: number): AskLimit {
    const lately = this.#lately(nowMs);
    return { subject_id, pending: this.parts.limits.pending_per_agent, ...(lately ? { lately } : {}) };
  }

  /** How many of an agent's requests may be put before people within an hour, and from when on they are counted. */
  #lately(nowMs: number): AskLimit['lately'] {
    const most = this.parts.limits.asks_per_hour;
    return most > 0 ? { from: idBefore(nowMs - ASKS_WINDOW_S * 1000), most } : undefined;
  }
}

function keysOf(asked: Asked) {
  return { subjectId: asked.subjectId, digest: likenessOf(asked), action: asked.digest };
}
