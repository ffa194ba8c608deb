import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { EntrySchema, Fault, SERVICES } from '@countersign/contract';
import { auditVerify as checkLedger, fileLedger, serverLedger, verifiedJson, verifiedText } from '../audit-verify.js';
import { EXIT, UsageError } from '../exit.js';
import { asJson } from '../json.js';
import { say } from '../terminal.js';
import { verb } from '../verb.js';
import { fetchText } from '../web.js';

export const auditVerify = verb({
  name: 'audit verify',
  summary: 'check the whole ledger against its signed checkpoint',
  about:
    'Reads every entry and works out every hash again; the service is trusted for nothing but the bytes it sends. Give ' +
    'the key from a copy of your own (--key), and a checkpoint you kept (--checkpoint): together they catch a ledger that ' +
    'was rewritten as a whole. With --file and --checkpoint it needs no service.',
  options: {
    key: { type: 'string', value: '<name+hash+key>', help: "the ledger's public key, as kept from earlier" },
    checkpoint: { type: 'string', multiple: true, value: '<file|url>', help: 'a signed checkpoint kept elsewhere' },
    file: { type: 'string', value: '<file>', help: 'the output of audit export, instead of the service' },
  },
  examples: [
    'countersign audit verify',
    'countersign audit verify --key "$LEDGER_KEY" --checkpoint monday.note',
    'countersign audit verify --file ledger.jsonl --checkpoint head.note --key "$LEDGER_KEY"',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, client, config, terminal }) {
    const kept = values.checkpoint ?? [];
    if (values.file && kept.length === 0) {
      throw new UsageError('--file needs a --checkpoint: entries without a signed head prove nothing');
    }
    const report = await checkLedger(
      values.file
        ? { source: fileLedger(values.file, kept), ...keyOf(values.key) }
        : {
            source: serverLedger(client(), config.httpUrl),
            keptCheckpoints: await Promise.all(kept.map(fetchText)),
            ...keyOf(values.key),
          },
    );
    if (terminal.json) terminal.value(verifiedJson(report));
    else for (const line of verifiedText(report)) terminal.print(line);
    return report.ok ? EXIT.ok : EXIT.fault;
  },
});

export const auditExport = verb({
  name: 'audit export',
  summary: 'write the ledger out, entry by entry',
  about:
    'One JSON line per entry with its exact bytes (base64), in ledger order; --bodies writes the recorded events themselves.',
  options: {
    from: { type: 'string', value: '<index>', help: 'first entry (0)' },
    to: { type: 'string', value: '<index>', help: 'one past the last entry (the end)' },
    out: { type: 'string', value: '<file>', help: 'a file instead of stdout' },
    bodies: { type: 'boolean', help: 'the canonical events alone, one a line, byte for byte' },
  },
  examples: ['countersign audit export --out ledger.jsonl', 'countersign audit export --bodies | jq .type'],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal, signal }) {
    const range = { fromIndex: parseIndex(values.from, '--from'), toIndex: parseIndex(values.to, '--to') };
    const file = values.out ? createWriteStream(values.out, { flags: 'wx' }) : undefined;
    if (file) await opened(file, values.out!);
    let count = 0;
    for await (const entry of client().stream(SERVICES.AuditService.method.export, range, signal)) {
      // A body is canonical JSON, so it holds no raw control character and no newline.
      const line = values.bodies ? Buffer.from(entry.body) : Buffer.from(JSON.stringify(asJson(EntrySchema, entry)));
      const bytes = Buffer.concat([line, Buffer.from('\n')]);
      if (!file) terminal.bytes(bytes);
      else if (!file.write(bytes)) await once(file, 'drain');
      count += 1;
    }
    if (file) {
      file.end();
      await once(file, 'finish');
    }
    if (signal.aborted) throw new Fault('interrupted', `stopped after ${count} entries: the export is not complete`);
    terminal.warn(say`${count} entries`.styled('dim'));
    return EXIT.ok;
  },
});

export const auditEvidence = verb({
  name: 'audit evidence',
  summary: 'a report for an auditor (not available yet)',
  about:
    'A report about one decision or a period, with its proofs. Not available yet: use audit export and audit verify.',
  usage: '[<decision id>]',
  takes: { min: 0, max: 1 },
  options: {},
  examples: ['countersign audit evidence dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C'],
  exits: [1],
  run: () =>
    Promise.reject(
      new Fault('not-available', 'evidence reports are not available yet: use "audit export" and "audit verify"'),
    ),
});

function keyOf(key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key };
}

function parseIndex(text: string | undefined, option: string): bigint {
  if (text !== undefined && !/^\d{1,18}$/.test(text))
    throw new UsageError(`${option} is "${text}": write a number from 0`);
  return BigInt(text ?? 0);
}

async function opened(file: ReturnType<typeof createWriteStream>, path: string): Promise<void> {
  await once(file, 'open').catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be created (${(cause as Error).message}): an export never overwrites a file`);
  });
}
