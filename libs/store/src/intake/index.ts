export type { AskLimit } from './asks/index.js';
export { Bundles, ServingBundle } from './bundles/index.js';
export type { Activation, PolicyChange, ServedArchive, Standing, StoredBundle, Upload } from './bundles/index.js';
export { Hints } from './hints.js';
export { HistoryReader, sweepHistory } from './history/index.js';
export type {
  Addition,
  CounterKey,
  ExpectedHead,
  FlowOccurrence,
  HistoryChange,
  HistoryQuery,
  HistoryRead,
  Scope,
  WindowTotals,
} from './history/index.js';
export { Outbox, type OutboxRow } from './outbox.js';
export { IntakeReader } from './reader.js';
export { ListingReader, type ListingRange } from './listing.js';
export { RelatedReader } from './related.js';
export { Registry, type RegistryChange, type RegistryOptions, type RegistryFact } from './registry/index.js';
export {
  type EventDraft,
  type Parties,
  type SourcePosition,
  type StateRow,
  type Write,
  type Written,
} from './write.js';
export { Writer } from './writer.js';
