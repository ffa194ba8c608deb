import { join } from 'node:path';
import { Fault } from '@countersign/contract';
import type { Settings } from '@countersign/service';

export interface AuditConfig {
  databaseUrl: string;
  /** Name of the ledger in its checkpoints, and of the key that signs them. */
  origin: string;
  /** PEM file of the Ed25519 key that signs checkpoints; made when it is not there. */
  keyPath: string;
}

/** The part of the settings that concerns this service. Throws Fault `settings-invalid` when one is missing. */
export function auditConfig(
  settings: Pick<Settings, 'DATABASE_URL' | 'COUNTERSIGN_DATA_DIR' | 'COUNTERSIGN_LEDGER_ORIGIN'>,
): AuditConfig {
  if (!settings.DATABASE_URL)
    throw new Fault('settings-invalid', 'DATABASE_URL is not set: the ledger needs PostgreSQL');
  return {
    databaseUrl: settings.DATABASE_URL,
    origin: settings.COUNTERSIGN_LEDGER_ORIGIN,
    keyPath: join(settings.COUNTERSIGN_DATA_DIR, 'keys', 'checkpoint.pem'),
  };
}
