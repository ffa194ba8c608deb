import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { EntrySchema, type Entry } from '@countersign/contract';
import {
  canonicalize,
  checkpointText,
  digestOf,
  leafHash,
  noteKey,
  rootOf,
  signNote,
  verifierOf,
} from '@countersign/ledger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditVerify, fileLedger, verifiedJson, verifiedText, type LedgerSource } from './audit-verify.js';
import { asJson } from './json.js';

const key = noteKey('example/ledger', generateKeyPairSync('ed25519').privateKey);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-verify-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('an untouched ledger verifies with a key that was given', async () => {
  const report = await auditVerify({ source: source(ledger(5)), key: verifierOf(key) });
  expect(report).toMatchObject({
    ok: true,
    size: 5,
    signed: 5,
    decisions: 5,
    sources: 1,
    trust: 'given',
    problems: [],
  });
  expect(textOf(report)).toContain('VERIFIED');
  expect(textOf(report)).not.toContain('first use');
});

test('a key that came from the checked service itself is said to be trusted on first use', async () => {
  const served = { ...source(ledger(2)), key: async () => `${verifierOf(key)}\n` };
  const report = await auditVerify({ source: served });
  expect(report).toMatchObject({ ok: true, trust: 'first-use' });
  expect(textOf(report)).toContain('trust on first use');
});

test('without a key, or with something that is none, nothing is called verified', async () => {
  await expect(auditVerify({ source: source(ledger(1)) })).rejects.toMatchObject({ code: 'key-unknown' });
  await expect(auditVerify({ source: source(ledger(1)), key: 'hello' })).rejects.toMatchObject({ code: 'key-unknown' });
});

test('an export file verifies offline, and a changed byte in it is found', async () => {
  const entries = ledger(3);
  const [path, note] = [join(folder, 'ledger.jsonl'), join(folder, 'checkpoint')];
  await writeFile(note, noteOver(entries));
  await writeFile(path, lines(entries));
  expect(await auditVerify({ source: fileLedger(path, [note]), key: verifierOf(key) })).toMatchObject({
    ok: true,
    size: 3,
  });
  entries[1]!.body = Buffer.from(Buffer.from(entries[1]!.body).toString().replace('allowed', 'refused'));
  await writeFile(path, lines(entries));
  const report = await auditVerify({ source: fileLedger(path, [note]), key: verifierOf(key) });
  expect(report.problems.map((problem) => problem.kind)).toEqual(
    expect.arrayContaining(['leaf-hash', 'root', 'source-chain']),
  );
  expect(textOf(report)).toContain('NOT VERIFIED');
});

test('a line that is no entry is named, not skipped', async () => {
  const path = join(folder, 'broken.jsonl');
  await writeFile(path, `${lines(ledger(1))}nonsense\n`);
  await expect(auditVerify({ source: fileLedger(path, []), key: verifierOf(key) })).rejects.toThrow('line 2');
});

test('a ledger rebuilt with its own key is caught by a checkpoint that somebody kept', async () => {
  const kept = noteOver(ledger(4));
  const rebuilt = ledger(6, { allowed: 'forged' });
  expect(await auditVerify({ source: source(rebuilt), key: verifierOf(key) })).toMatchObject({ ok: true });
  const report = await auditVerify({ source: source(rebuilt), key: verifierOf(key), keptCheckpoints: [kept] });
  expect(report).toMatchObject({ ok: false, signed: 6, problems: [{ kind: 'root' }] });
});

test('a long list of problems is cut for people and whole for programs', async () => {
  const entries = ledger(40).map((entry) => ({ ...entry, leafHash: Buffer.alloc(32) }));
  const report = await auditVerify({ source: source(entries), key: verifierOf(key) });
  expect(textOf(report)).toContain('and 20 more problems');
  expect((verifiedJson(report).problems as unknown[]).length).toBe(40);
});

test('text in a ledger cannot steer the terminal', async () => {
  const entries = ledger(1).map((entry) => ({ ...entry, eventId: 'x\u001b[2J', body: Buffer.from('{}') }));
  expect(textOf(await auditVerify({ source: source(entries), key: verifierOf(key) }))).not.toContain('\u001b');
});

function ledger(count: number, data: object = { allowed: true }): Entry[] {
  let prev = '';
  return Array.from({ length: count }, (_, i) => {
    const event = {
      v: 1,
      id: `evt_${i}`,
      type: 'decision.allowed',
      at: '2026-11-20T10:00:00.000Z',
      decision_id: `dec_${i}`,
      version: 1,
      source: 's',
      seq: i + 1,
      prev,
      data,
    };
    const body = Buffer.from(canonicalize(event));
    prev = digestOf(body);
    return create(EntrySchema, {
      index: BigInt(i),
      eventId: event.id,
      type: event.type,
      decisionId: event.decision_id,
      source: 's',
      sourceSeq: BigInt(i + 1),
      body,
      leafHash: leafHash(body),
    });
  });
}

function noteOver(entries: Entry[]): string {
  const root = rootOf(entries.map((entry) => leafHash(entry.body)));
  return signNote(checkpointText({ origin: key.name, size: entries.length, root }), key);
}

function source(entries: Entry[]): LedgerSource {
  return {
    checkpoints: async () => [noteOver(entries)],
    entries: async function* () {
      yield* entries;
    },
  };
}

function lines(entries: Entry[]): string {
  return entries.map((entry) => `${JSON.stringify(asJson(EntrySchema, entry))}\n`).join('');
}

function textOf(report: Parameters<typeof verifiedText>[0]): string {
  return verifiedText(report)
    .map((text) => text.render(false))
    .join('\n');
}
