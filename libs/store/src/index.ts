// PostgreSQL. One schema and one role per owner, migrations, and the statements each owner needs: state and event commit
// together or not at all. It knows tables and transactions and decides nothing.
export { migrate, openPool, type Client, type MigrationClass, type Pool, type Schema } from './postgres.js';
export {
  Deliveries,
  Notices,
  Requests,
  type Claimed,
  type ClaimedNotice,
  type Folded,
  type MessageRef,
  type Note,
  type Notice,
  type Rendered,
} from './notifier/index.js';
export { CheckpointStore, LedgerReader, LedgerStore, Outgoing, requireAppendOnly } from './audit/index.js';
export type { Appended, Arrival, LedgerEntry, StoredCheckpoint, Stream } from './audit/index.js';
export { startPostgres, type EmbeddedPostgres } from './embedded/index.js';
export {
  Bundles,
  Hints,
  HistoryReader,
  IntakeReader,
  ListingReader,
  Outbox,
  Registry,
  RelatedReader,
  ServingBundle,
  sweepHistory,
  Writer,
} from './intake/index.js';
export type {
  EventDraft,
  ListingRange,
  Parties,
  OutboxRow,
  SourcePosition,
  RegistryChange,
  RegistryFact,
  RegistryOptions,
  StateRow,
} from './intake/index.js';
export type { AskLimit, Write, Written } from './intake/index.js';
export type { Activation, PolicyChange, ServedArchive, Standing, StoredBundle, Upload } from './intake/index.js';
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
} from './intake/index.js';
