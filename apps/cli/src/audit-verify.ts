import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { EntrySchema, Fault, SERVICES, type Entry } from '@countersign/contract';
import { LedgerVerification, parseVerifier, type Report, type Verifier } from '@countersign/ledger';
import type { Client } from './client.js';
import { say, type Text } from './terminal.js';
import { fetchText } from './web.js';

// The whole ledger, checked from outside: every hash is worked out again here, and the service that handed the entries over
// is not believed in anything but their bytes.

/** Where a ledger is read from: a running service, or files. */
export interface LedgerSource {
  /** Signed notes that come with the entries. Asked for first: a head is older than the entries it covers. */
  checkpoints(): Promise<string[]>;
  entries(): AsyncIterable<Entry>;
  /** The verifier key as the other side states it; absent when there is no other side. */
  key?(): Promise<string>;
}

export interface VerifyOptions {
  source: LedgerSource;
  /** Verifier key, "name+hash+base64", obtained by some other way than from the service that is checked. */
  key?: string;
  /** Checkpoints kept from earlier. One of these catches a ledger that was rebuilt with its own key. */
  keptCheckpoints?: readonly string[];
}

export interface VerifiedLedger extends Report {
  key: string;
  /** With "first-use" the service named its own key: that shows a consistent ledger, not whose it is. */
  trust: 'given' | 'first-use';
}

/** Throws Fault `key-unknown` when there is no key to check with. What is wrong with the ledger is in the report. */
export async function auditVerify(options: VerifyOptions): Promise<VerifiedLedger> {
  const { source } = options;
  const key = (options.key ?? (await source.key?.()) ?? '').trim();
  if (key === '')
    throw new Fault('key-unknown', 'there is no key to check with: give the verifier key of the ledger with --key');
  const verifier: Verifier | undefined = parseVerifier(key);
  if (!verifier)
    throw new Fault(
      'key-unknown',
      `"${key.slice(0, 100)}" is no Ed25519 verifier key: it has the form name+hash+base64`,
    );
  const checkpoints = [...(await source.checkpoints()), ...(options.keptCheckpoints ?? [])];
  const verification = new LedgerVerification({ checkpoints, verifiers: [verifier] });
  for await (const entry of source.entries()) {
    verification.add({ ...entry, index: Number(entry.index), sourceSeq: Number(entry.sourceSeq) });
  }
  return { ...verification.finish(), key, trust: options.key === undefined ? 'first-use' : 'given' };
}

/** The ledger of a running service. `httpUrl` is where its key is, and is asked only when no key is given. */
export function serverLedger(client: Client, httpUrl: string): LedgerSource {
  const { getCheckpoint, export: exportEntries } = SERVICES.AuditService.method;
  return {
    checkpoints: async () => [(await client.unary(getCheckpoint, {})).note],
    entries: () => client.stream(exportEntries, {}),
    key: () => fetchText(new URL('/.well-known/ledger-key', httpUrl).href),
  };
}

/** A ledger in files: the lines of `audit export`, and a checkpoint note. */
export function fileLedger(entriesPath: string, checkpointPaths: readonly string[]): LedgerSource {
  return {
    checkpoints: () => Promise.all(checkpointPaths.map(fetchText)),
    entries: () => entriesOf(entriesPath),
  };
}

async function* entriesOf(path: string): AsyncGenerator<Entry> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    if (line === '') continue;
    try {
      yield fromJson(EntrySchema, JSON.parse(line) as JsonValue);
    } catch (cause) {
      throw new Fault(
        'unreadable',
        `line ${number} of ${path} is not a ledger entry: give the output of "audit export"`,
        {
          cause,
        },
      );
    }
  }
}

/** Problems shown at most: the rest is counted. */
const SHOWN = 20;

/** The report for people. */
export function verifiedText(report: VerifiedLedger): Text[] {
  const { size, signed, decisions, sources, quarantined, problems, ok } = report;
  const verdict = ok ? say`${say`VERIFIED`.styled('green')}` : say`${say`NOT VERIFIED`.styled('red')}`;
  const lines = [
    say`${verdict}  ${report.origin ?? 'no valid checkpoint'}`,
    say`entries      ${size}, ${signed} of them under a signed checkpoint`,
    say`root         ${report.root.toString('base64')}`,
    say`decisions    ${decisions}, from ${sources} sources`,
    say`key          ${report.key}`,
  ];
  if (report.trust === 'first-use') {
    lines.push(
      say`${say`trust on first use: the service named this key itself. Keep it, and give it with --key from now on.`.styled('yellow')}`,
    );
  }
  if (quarantined > 0)
    lines.push(
      say`${say`quarantined  ${quarantined}: messages that were no acceptable event, on the record by digest`.styled('yellow')}`,
    );
  for (const problem of problems.slice(0, SHOWN))
    lines.push(say`${say`${problem.kind}`.styled('red')}  ${problem.detail}`);
  if (problems.length > SHOWN) lines.push(say`and ${problems.length - SHOWN} more problems`);
  return lines;
}

/** The report for programs. */
export function verifiedJson(report: VerifiedLedger): Record<string, unknown> {
  return { ...report, root: report.root.toString('base64') };
}
