import type { Decision } from '@countersign/approval';
import type { Metrics } from '@countersign/service';
import type { EventDraft, Write } from '@countersign/store';
import { madeAt } from './ids.js';

/** What became of decisions, by the type of the event that says so. */
const OUTCOMES: Record<string, string> = {
  'decision.allowed': 'allowed',
  'decision.denied': 'denied',
  'decision.held': 'held',
  'decision.repeated': 'repeated',
  'decision.approved': 'approved',
  'decision.rejected': 'rejected',
  'decision.expired': 'expired',
  'decision.withdrawn': 'withdrawn',
  'decision.stopped': 'stopped',
  'decision.revoked': 'revoked',
  'grant.redeemed': 'redeemed',
  'grant.expired': 'grant_expired',
};

const SECONDS = [1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400];

/** Counts what has been committed by this process. It knows kinds of things, and nobody's name. */
export class Tally {
  readonly #outcomes: Map<string, { inc(): void }>;
  readonly #unasked;
  readonly #votes;
  readonly #breakingRefused;
  readonly #expired;
  readonly #decideTime;

  constructor(metrics: Metrics) {
    const outcomes = metrics.counter('decisions_total', 'What decisions came to, one count for each step.', [
      'outcome',
    ]);
    this.#outcomes = new Map(Object.entries(OUTCOMES).map(([type, outcome]) => [type, outcomes.labels(outcome)]));
    this.#unasked = metrics.counter('unasked_total', 'Requests that people were to be asked about and were not.', [
      'rule',
    ]);
    this.#votes = metrics.counter('votes_total', 'Votes, as they were cast or refused.', ['vote']);
    this.#breakingRefused = metrics.counter(
      'break_glass_refused_total',
      'How often somebody has tried to break the glass and was refused.',
    );
    this.#expired = metrics.counter('expired_total', 'Requests and grants that ran out, and why.', ['cause']);
    this.#decideTime = metrics.histogram(
      'time_to_decide_seconds',
      'From when people were first asked to a vote.',
      SECONDS,
    );
  }

  committed(writes: readonly Write[]): void {
    for (const write of writes) {
      for (const event of write.events) {
        this.#outcomes.get(event.type)?.inc();
        if (event.type === 'vote.cast') this.#cast(write, event);
        else if (event.type === 'vote.refused') this.#votes.inc({ vote: 'refused' });
        else if (event.type === 'break_glass.refused') this.#breakingRefused.inc();
        else if (event.type === 'decision.expired' || event.type === 'grant.expired') this.#ran(write, event);
      }
    }
  }

  /** `rule` is one of those that say why people are not asked, which are ours and few. */
  unasked(rule: string): void {
    this.#unasked.inc({ rule });
  }

  #cast({ decisionId }: Write, { at, data }: EventDraft): void {
    const { vote } = JSON.parse(data) as { vote: string };
    this.#votes.inc({ vote });
    this.#decideTime.observe(Math.max(0, (Date.parse(at) - madeAt(decisionId)) / 1000));
  }

  #ran({ state }: Write, { type }: EventDraft): void {
    if (!state) return;
    const { approval, used = 0 } = JSON.parse(state.row.state) as Decision;
    const asked = (approval?.votes.length ?? 0) > 0 ? 'too_few_answers' : 'no_answer';
    this.#expired.inc({ cause: type === 'decision.expired' ? asked : used > 0 ? 'grant_partly_used' : 'grant_unused' });
  }
}
