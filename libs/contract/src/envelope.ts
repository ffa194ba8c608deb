// The outside of every event. The whole envelope is canonicalised once, when it is emitted; those bytes are stored, sent,
// hashed and proven as they are, and never serialised again.

export interface Envelope<Data = Record<string, unknown>> {
  /** Format version of this envelope. */
  v: 1;
  /** "evt_" and 26 characters. */
  id: string;
  /** "decision.held": see the schemas. */
  type: string;
  /** RFC 3339, UTC, milliseconds, by the emitter's clock. */
  at: string;
  /** The decision it is about; for a fact about the gate itself, a stream of its own: "pol_" (policy), "stp_" (a stop), "dlg_" (a seat handed over) or "agt_" (an agent) and 26 characters; or that of a person or group: "ppl_". */
  decision_id: string;
  /** Number of this event within its decision or stream, from 1. */
  version: number;
  /** The emitting process: a name and a start, so that a restart is a new source. */
  source: string;
  /** Number of this event at its source, from 1, without gaps. */
  seq: number;
  /** base64url SHA-256 of the bytes of the event before it at the same source; empty for the first. */
  prev: string;
  /** W3C trace id of the call that caused it. */
  trace_id?: string;
  data: Data;
}

/** Attributes of the CloudEvents Kafka binding, binary mode. */
export function cloudEventHeaders(
  event: Pick<Envelope, 'id' | 'type' | 'at' | 'source' | 'decision_id' | 'seq' | 'trace_id'>,
): Record<string, string> {
  return {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: `countersign.${event.type}`,
    ce_source: `/countersign/${event.source}`,
    ce_time: event.at,
    ce_subject: event.decision_id,
    ce_partitionkey: event.decision_id,
    // Sorts as text, as the sequence extension asks.
    ce_sequence: String(event.seq).padStart(16, '0'),
    ...(event.trace_id ? { ce_traceid: event.trace_id } : {}),
  };
}
