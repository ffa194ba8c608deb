import { AuditService, type Entry, type Envelope } from '@countersign/contract';
import { parseVerifier, verifyLedger, type Report } from '@countersign/ledger';
import { Caller } from './caller.js';
import type { Countersign } from './harness.js';

/** The whole ledger, read and verified from outside. */
export interface Record {
  events: Envelope[];
  report: Report;
}

/** Reads the ledger until it holds this many decisions and its head is signed, or the time is up. */
export async function readRecord(countersign: Countersign, decisions: number, withinMs: number): Promise<Record> {
  const auditor = new Caller(countersign.audit, 'cs_dev_ana');
  try {
    for (const deadline = Date.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, 500))) {
      const record = await read(countersign, auditor).catch((error: unknown) => error as Error);
      const complete =
        !(record instanceof Error) &&
        record.report.decisions >= decisions &&
        record.report.signed === record.report.size;
      if (complete || Date.now() > deadline) {
        if (record instanceof Error) throw record;
        return record;
      }
    }
  } finally {
    auditor.close();
  }
}

async function read({ auditHttp }: Countersign, auditor: Caller): Promise<Record> {
  const verifier = parseVerifier((await text(`${auditHttp}/.well-known/ledger-key`)).trim());
  if (!verifier) throw new Error('the ledger has no key');
  const checkpoint = await text(`${auditHttp}/checkpoint`);
  const entries: Entry[] = [];
  for await (const entry of auditor.stream(AuditService.method.export, {})) entries.push(entry);
  const stored = entries.map((entry) => ({ ...entry, index: Number(entry.index), sourceSeq: Number(entry.sourceSeq) }));
  return {
    events: entries.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as Envelope),
    report: verifyLedger(stored, { checkpoints: [checkpoint], verifiers: [verifier] }),
  };
}

async function text(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}
