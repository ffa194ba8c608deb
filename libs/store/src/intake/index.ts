export { Hints } from './hints.js';
export { Outbox, type OutboxRow } from './outbox.js';
export { IntakeReader } from './reader.js';
export { eventText, type EventDraft, type Place, type StateRow, type Write, type Written } from './write.js';
export { Writer } from './writer.js';
