import type { DynamicModule, INestApplication } from '@nestjs/common';
import { AuditService } from '@countersign/contract';
import type { Caller } from '@countersign/directory';
import { rpcService, type Authenticate, type Endpoints } from '@countersign/service';
import { AuditApi } from './audit-api.js';
import type { AuditConfig } from './config.js';
import { ledgerDocuments } from './documents.js';
import { LedgerKeeper, type AuditParts } from './ledger-keeper.js';

const LEDGER = Symbol('ledger');

class AuditModule {}

/** The wiring of the audit service. Everything else in this app is a plain class. */
export function auditModule(config: AuditConfig, parts: AuditParts): DynamicModule {
  return {
    module: AuditModule,
    providers: [{ provide: LEDGER, useFactory: () => LedgerKeeper.open(config, parts) }],
    exports: [LEDGER],
  };
}

/** What the started module serves: AuditService, and the public documents of the ledger. */
export function auditEndpoints(app: INestApplication, authenticate: Authenticate<Caller>): Endpoints {
  const { reader, checkpoints, key } = app.get<LedgerKeeper>(LEDGER, { strict: false });
  const api = new AuditApi(reader, checkpoints);
  return {
    services: [rpcService(AuditService, authenticate, api.handlers())],
    documents: ledgerDocuments({ reader, checkpoints, key }),
  };
}
