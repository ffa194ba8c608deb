// The audit service: takes in every event, appends it to the ledger, signs the head, proves, and sends the record on to the
// SIEM. It guarantees that what was acknowledged on the bus is in the ledger, and it cannot change an entry.
export { auditModule, auditEndpoints } from './audit.module.js';
export { auditConfig, type AuditConfig } from './config.js';
export { type AuditParts } from './ledger-keeper.js';
