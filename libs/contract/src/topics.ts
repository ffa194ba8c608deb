/** Facts about decisions, exactly as recorded: canonical JSON bytes, CloudEvents binary headers, keyed by decision id. */
export const EVENTS_TOPIC = 'countersign.events.v1';
/** The record for the SIEM: OCSF events with their position in the ledger. */
export const AUDIT_TOPIC = 'countersign.audit.v1';
/** Signed tree heads, to be kept where this service cannot reach them. */
export const CHECKPOINTS_TOPIC = 'countersign.checkpoints.v1';

/** Consumer groups of EVENTS_TOPIC. */
export const AUDIT_GROUP = 'countersign-audit';
export const NOTIFIER_GROUP = 'countersign-notifier';
