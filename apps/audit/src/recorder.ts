import type { Bus, Received, Subscription } from '@countersign/bus';
import { AUDIT_GROUP, EVENTS_TOPIC } from '@countersign/contract';
import type { Log, Metrics } from '@countersign/service';
import type { LedgerStore } from '@countersign/store';

export interface RecorderParts {
  bus: Bus;
  store: LedgerStore;
  log: Log;
  metrics: Metrics;
  /** Called after each commit. */
  appended: () => void;
}

/**
 * Puts every message of the event topic on the record. It returns from a batch after the commit, so the position on the
 * bus only moves past what is in the ledger; what comes again after a crash is recognised by its id.
 */
export class Recorder {
  private subscription: Subscription | undefined;
  private readonly entries;
  private readonly quarantined;

  constructor(private readonly parts: RecorderParts) {
    this.entries = parts.metrics.counter('ledger_entries_total', 'Entries appended by this process.');
    this.quarantined = parts.metrics.counter('ledger_quarantined_total', 'Messages that were no acceptable event.');
  }

  async start(): Promise<void> {
    const handle = (batch: Received[]) => this.record(batch);
    this.subscription = await this.parts.bus.subscribe({ topic: EVENTS_TOPIC, group: AUDIT_GROUP, handle });
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
  }

  private async record(batch: Received[]): Promise<void> {
    const { from, to, quarantined } = await this.parts.store.append(batch);
    this.entries.inc(to - from);
    for (const reason of quarantined) {
      this.quarantined.inc();
      // An alarm: a producer is broken, or somebody writes to the topic who should not.
      this.parts.log.error(
        { reason, topic: batch[0]?.topic, partition: batch[0]?.partition },
        'a message was quarantined',
      );
    }
    if (to > from) this.parts.appended();
  }
}
