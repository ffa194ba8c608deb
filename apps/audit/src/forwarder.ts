import type { Bus, Message } from '@countersign/bus';
import { AUDIT_TOPIC, CHECKPOINTS_TOPIC, type Envelope } from '@countersign/contract';
import type { CheckpointStore, LedgerEntry, LedgerReader, Outgoing } from '@countersign/store';
import { toOcsf } from './ocsf.js';
import type { OcsfEvent } from './ocsf-parts.js';

/** Entries sent at a time. */
const BATCH = 200;

export interface ForwarderParts {
  bus: Bus;
  reader: LedgerReader;
  checkpoints: CheckpointStore;
  outgoing: Outgoing;
  origin: string;
}

/** Sends the record on, in ledger order, from a cursor that moves after the bus has accepted: at least once, no gaps. */
export class Forwarder {
  constructor(private readonly parts: ForwarderParts) {}

  /** True when something was sent and there may be more. */
  async forward(): Promise<boolean> {
    const entries = await this.parts.outgoing.advance('entries', (next) => this.entries(next));
    const checkpoints = await this.parts.outgoing.advance('checkpoints', (next) => this.checkpoints(next));
    return entries || checkpoints;
  }

  private async entries(next: number): Promise<number> {
    const entries = await this.parts.reader.entries({ from: next, limit: BATCH });
    if (entries.length === 0) return next;
    const openings = await this.parts.reader.openings(entries.map((entry) => entry.decisionId));
    await this.parts.bus.publish(
      AUDIT_TOPIC,
      entries.flatMap((entry) => auditMessages(entry, openings.get(entry.decisionId), this.parts.origin)),
    );
    return next + entries.length;
  }

  /** The cursor is the size of the last one sent, plus one, so that the empty tree counts too. */
  private async checkpoints(next: number): Promise<number> {
    const checkpoints = await this.parts.checkpoints.after(next - 1, BATCH);
    const last = checkpoints.at(-1);
    if (!last) return next;
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    await this.parts.bus.publish(
      CHECKPOINTS_TOPIC,
      checkpoints.map(({ note }) => ({ key: this.parts.origin, value: Buffer.from(note), headers })),
    );
    return last.size + 1;
  }
}

/** The messages for one entry. Keyed by decision, so that a decision stays in order for every reader. */
export function auditMessages(entry: LedgerEntry, opening: LedgerEntry | undefined, origin: string): Message[] {
  const event = envelopeOf(entry);
  const position = { origin, index: entry.index, leafHash: entry.leafHash, body: entry.body };
  return toOcsf(event, opening && envelopeOf(opening), position).map((ocsf, part) => ({
    key: entry.decisionId,
    value: Buffer.from(JSON.stringify(ocsf)),
    headers: headersOf(entry, event, ocsf, part),
  }));
}

function headersOf(entry: LedgerEntry, event: Envelope, ocsf: OcsfEvent, part: number): Record<string, string> {
  return {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: (ocsf.metadata as { uid: string }).uid,
    ce_type: `countersign.audit.${event.type}`,
    ce_source: '/countersign/audit',
    ce_time: event.at,
    ce_subject: entry.decisionId,
    ce_partitionkey: entry.decisionId,
    ce_recordedtime: entry.recordedAt,
    // Sorts as text, as the sequence extension asks.
    ce_sequence: `${String(entry.index).padStart(16, '0')}.${part}`,
  };
}

/** The writer let nothing else in: an entry's body is an envelope. */
function envelopeOf(entry: LedgerEntry): Envelope {
  return JSON.parse(entry.body.toString('utf8')) as Envelope;
}
