export { requireAppendOnly } from './append-only.js';
export { type Arrival } from './arrival.js';
export { CheckpointStore, type StoredCheckpoint } from './checkpoint-store.js';
export { LedgerReader, type LedgerEntry } from './ledger-reader.js';
export { LedgerStore, type Appended } from './ledger-store.js';
export { Outgoing, type Stream } from './outgoing.js';
