import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize, digestOf } from './canonical.js';
import { checkpointText } from './checkpoint.js';
import { LONGEST_BODY, readEvent } from './event.js';
import { leafHash, rootOf } from './merkle.js';
import { noteKey, signNote } from './note.js';
import { verifySources, type Link } from './source-chain.js';
import { verifyLedger, type StoredEntry } from './verify.js';

const key = noteKey('example/ledger', generateKeyPairSync('ed25519').privateKey);

describe('a whole ledger', () => {
  test('that nobody touched has no problem', () => {
    const entries = ledger(30);
    expect(check(entries, [note(entries)])).toMatchObject({
      ok: true,
      size: 30,
      signed: 30,
      decisions: 10,
      sources: 2,
      quarantined: 0,
      origin: 'example/ledger',
      problems: [],
    });
    expect(check(entries, [note(entries)]).root).toEqual(rootOf(entries.map((entry) => leafHash(entry.body))));
  });

  test('may be longer than its checkpoint: what came after is counted as unsigned', () => {
    const entries = ledger(30);
    expect(check(entries, [note(entries.slice(0, 12))])).toMatchObject({ ok: true, size: 30, signed: 12 });
    expect(check(entries, [note([]), note(entries.slice(0, 12))])).toMatchObject({ ok: true, signed: 12 });
    expect(check([], [note([])])).toMatchObject({ ok: true, size: 0, signed: 0 });
  });

  test('larger than one batch of hashing verifies against heads inside and between batches', () => {
    const entries = ledger(2500);
    const heads = [1, 1023, 1024, 1025, 2048, 2500].map((size) => note(entries.slice(0, size)));
    expect(check(entries, heads)).toMatchObject({ ok: true, signed: 2500 });
  });

  test('shows every single change of a byte', () => {
    const entries = ledger(9);
    const head = note(entries);
    fc.assert(
      fc.property(fc.nat(8), fc.nat(), fc.integer({ min: 1, max: 255 }), (at, seed, mask) => {
        const body = Buffer.from(entries[at]!.body);
        body[seed % body.length]! ^= mask;
        const found = kinds(check(replaced(entries, at, { body }), [head]));
        expect(found).toEqual(expect.arrayContaining(['leaf-hash', 'root']));
      }),
    );
  });

  test('shows an entry whose hash was made to fit the changed bytes', () => {
    const entries = ledger(9);
    const body = Buffer.from(entries[4]!.body.toString().replace('"n":4', '"n":5'));
    const forged = replaced(entries, 4, { body, leafHash: leafHash(body) });
    expect(kinds(check(forged, [note(entries)]))).toEqual(['root', 'source-chain']);
  });

  test('shows an entry that was taken out, and where', () => {
    const entries = ledger(9);
    const without = entries.filter((entry) => entry.index !== 4);
    const report = check(without, [note(entries)]);
    expect(kinds(report)).toEqual(expect.arrayContaining(['index', 'version', 'source-gap', 'truncated']));
    const renumbered = without.map((entry, index) => ({ ...entry, index }));
    expect(kinds(check(renumbered, [note(entries)]))).toEqual(
      expect.arrayContaining(['truncated', 'source-gap', 'version']),
    );
  });

  test('shows two entries that changed places', () => {
    const entries = ledger(9);
    const swapped = entries.map((entry, i) => ({ ...(entries[i === 3 ? 4 : i === 4 ? 3 : i] ?? entry), index: i }));
    expect(kinds(check(swapped, [note(entries)]))).toEqual(expect.arrayContaining(['root', 'version']));
  });

  test('shows a tail that was cut off', () => {
    const entries = ledger(9);
    const report = check(entries.slice(0, 7), [note(entries)]);
    expect(report.problems).toEqual([{ kind: 'truncated', detail: 'a checkpoint covers 9 entries, but there are 7' }]);
    expect(report.signed).toBe(0);
  });

  test('that was rebuilt with its own key is caught by a head from before', () => {
    const before = note(ledger(9));
    const rebuilt = ledger(12, 'forged');
    expect(check(rebuilt, [note(rebuilt)]).ok).toBe(true);
    expect(check(rebuilt, [note(rebuilt), before])).toMatchObject({
      ok: false,
      signed: 12,
      problems: [{ kind: 'root' }],
    });
  });

  test('shows an event that was recorded twice', () => {
    const entries = ledger(6);
    const twice = [...entries, { ...entries[0]!, index: 6 }];
    expect(kinds(check(twice, [note(twice)]))).toEqual(['repeated-event', 'source-repeat', 'version']);
  });

  test('does not believe the columns beside the bytes', () => {
    const entries = ledger(6);
    for (const column of [{ eventId: 'x' }, { type: 'x' }, { decisionId: 'x' }, { source: 'x' }, { sourceSeq: 9 }]) {
      expect(kinds(check(replaced(entries, 2, column), [note(entries)]))).toEqual(['column']);
    }
  });

  test('shows bytes that are no event', () => {
    const body = Buffer.from('{}');
    const entries = [...ledger(3), entryOf(body, 3, 'evt_x')];
    expect(kinds(check(entries, [note(entries)]))).toEqual(['body']);
  });

  test('without a valid head of this very log is not called signed', () => {
    const entries = ledger(3);
    const stranger = noteKey('example/ledger', generateKeyPairSync('ed25519').privateKey);
    expect(kinds(check(entries, []))).toEqual(['signature']);
    expect(kinds(check(entries, [note(entries, stranger)]))).toEqual(['signature']);
    expect(kinds(check(entries, [signNote('hello\n', key)]))).toEqual(['signature']);
    expect(kinds(check(entries, [note(entries, key, 'example/other')]))).toEqual(['origin']);
    expect(check(entries, [note(entries, stranger)])).toMatchObject({ ok: false, signed: 0, origin: undefined });
  });

  test('counts what it had to quarantine', () => {
    const entries = [
      entryOf(bodyOf({ type: 'ledger.quarantined', source: 'ledger', decision_id: 'ledger' }), 0, 'evt_0'),
    ];
    const fitting = entries.map((entry) => ({
      ...entry,
      type: 'ledger.quarantined',
      source: 'ledger',
      decisionId: 'ledger',
    }));
    expect(check(fitting, [note(fitting)])).toMatchObject({ ok: true, quarantined: 1 });
  });
});

describe('a source', () => {
  const chain = (count: number, source = 's'): Link[] =>
    Array.from({ length: count }, (_, i) => ({
      source,
      seq: i + 1,
      prev: i === 0 ? '' : `d${i}`,
      digest: `d${i + 1}`,
    }));

  test('that is whole has no problem, in whatever order its events come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...chain(12), ...chain(7, 't')], { minLength: 19 }), (links) => {
        expect(verifySources(links)).toEqual([]);
      }),
    );
  });

  test('shows what is missing at its start and in its middle', () => {
    expect(verifySources(chain(5).slice(1))).toEqual([
      { kind: 'source-gap', source: 's', seq: 1, detail: 'event 1 is missing from s' },
    ]);
    const holes = chain(9).filter((link) => ![3, 4, 7].includes(link.seq));
    expect(verifySources(holes).map((problem) => problem.detail)).toEqual([
      'event 3 to 4 are missing from s',
      'event 7 is missing from s',
    ]);
  });

  test('shows an event that was replaced or used a number again', () => {
    const replacedOne = chain(5).map((link) => (link.seq === 3 ? { ...link, digest: 'x' } : link));
    expect(verifySources(replacedOne)).toMatchObject([{ kind: 'source-chain', seq: 4 }]);
    expect(verifySources([...chain(3), chain(3)[1]!])).toMatchObject([{ kind: 'source-repeat', seq: 2 }]);
    expect(verifySources([chain(3)[2]!, chain(3)[2]!, ...chain(2)])).toMatchObject([{ kind: 'source-repeat', seq: 3 }]);
    expect(verifySources([{ ...chain(1)[0]!, prev: 'd0' }])).toMatchObject([{ kind: 'source-chain', seq: 1 }]);
  });
});

describe('event bytes', () => {
  const good = {
    v: 1,
    id: 'evt_1',
    type: 'vote.cast',
    at: '2026-11-20T10:00:00.000Z',
    decision_id: 'dec_1',
    version: 2,
    source: 's',
    seq: 3,
    prev: '',
    data: {},
  };

  test('give up their envelope', () => {
    expect(readEvent(Buffer.from(canonicalize(good)))).toEqual({
      id: 'evt_1',
      type: 'vote.cast',
      at: good.at,
      decisionId: 'dec_1',
      version: 2,
      source: 's',
      seq: 3,
      prev: '',
    });
  });

  test.each([
    ['v', 2],
    ['id', 'evt 1'],
    ['type', 'voted'],
    ['at', '2026-11-20T10:00:00+01:00'],
    ['at', '2026-13-40T10:00:00Z'],
    ['decision_id', ''],
    ['decision_id', 'a\u0000b'],
    ['decision_id', 'x'.repeat(257)],
    ['version', 0],
    ['version', 1.5],
    ['source', 7],
    ['seq', '3'],
    ['prev', 'short'],
    ['data', []],
    ['data', null],
    ['data', undefined],
  ])('with %s %j are refused', (name, value) => {
    expect(readEvent(Buffer.from(canonicalize({ ...good, [name]: value })))).toEqual({
      problem: `"${name}" is missing or malformed`,
    });
  });

  test.each([
    ['not canonical JSON', Buffer.from(JSON.stringify(good))],
    ['not canonical JSON', Buffer.from('\ufeff{}')],
    ['not JSON', Buffer.from([0xff])],
    ['not JSON', Buffer.from('"\\ud800"')],
    ['not JSON', Buffer.from('['.repeat(60_000))],
    ['not an object', Buffer.from('[]')],
    ['not an object', Buffer.from('null')],
    ['not an object', Buffer.from('7')],
    [`longer than ${LONGEST_BODY} bytes`, Buffer.alloc(LONGEST_BODY + 1)],
  ])('that are %s are refused', (problem, body) => {
    // A byte order mark is either: what counts is that it is refused.
    expect(['not JSON', problem]).toContain((readEvent(body) as { problem: string }).problem);
  });
});

/** Two sources in turn, three events per decision. */
function ledger(count: number, mark = 'true'): StoredEntry[] {
  const heads = new Map<string, { seq: number; digest: string }>();
  return Array.from({ length: count }, (_, i) => {
    const source = i % 2 === 0 ? 'intake-1' : 'intake-2';
    const { seq, digest } = heads.get(source) ?? { seq: 0, digest: '' };
    const fields = {
      id: `evt_${i}`,
      decision_id: `dec_${Math.floor(i / 3)}`,
      version: (i % 3) + 1,
      source,
      seq: seq + 1,
      prev: digest,
    };
    const body = bodyOf({ ...fields, data: { n: i, mark } });
    heads.set(source, { seq: seq + 1, digest: digestOf(body) });
    return { ...entryOf(body, i, fields.id), decisionId: fields.decision_id, source, sourceSeq: seq + 1 };
  });
}

function bodyOf(members: Record<string, unknown>): Buffer {
  const base = {
    v: 1,
    id: 'evt_0',
    type: 'decision.allowed',
    at: '2026-11-20T10:00:00.000Z',
    version: 1,
    seq: 1,
    prev: '',
    data: {},
  };
  return Buffer.from(canonicalize({ ...base, ...members }));
}

function entryOf(body: Buffer, index: number, eventId: string): StoredEntry & { body: Buffer } {
  return {
    index,
    eventId,
    type: 'decision.allowed',
    decisionId: '',
    source: '',
    sourceSeq: 1,
    body,
    leafHash: leafHash(body),
  };
}

function replaced(entries: readonly StoredEntry[], at: number, members: Partial<StoredEntry>): StoredEntry[] {
  return entries.map((entry, i) => (i === at ? { ...entry, ...members } : entry));
}

function note(entries: readonly StoredEntry[], signer = key, origin = 'example/ledger'): string {
  return signNote(
    checkpointText({ origin, size: entries.length, root: rootOf(entries.map((entry) => leafHash(entry.body))) }),
    signer,
  );
}

function check(entries: readonly StoredEntry[], checkpoints: string[]) {
  return verifyLedger(entries, { checkpoints, verifiers: [key] });
}

function kinds(report: ReturnType<typeof verifyLedger>): string[] {
  return [...new Set(report.problems.map((problem) => problem.kind))].sort();
}
