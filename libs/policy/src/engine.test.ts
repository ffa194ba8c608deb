import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBundle } from './bundle.js';
import { PolicyEngine } from './engine.js';
import type { FaultKind } from './fault-verdict.js';
import { loadBundle } from './folder.js';
import { MAX_INPUT_BYTES } from './input-guard.js';

const bundle = await loadBundle({ cacheDir: '/nonexistent', log: () => {} });

// A policy that answers what `context.answer` says, and throws for the resource "conflict".
const archive = readFileSync(new URL('../fixtures/anything.tar.gz', import.meta.url));
const anything = parseBundle(archive, 'file', 'anything.tar.gz');

function inputText(name: string, properties: unknown = {}, id = 'prod.orders', answer?: unknown): string {
  return JSON.stringify({
    action: { name, properties },
    agent: { groups: ['ci'], id: 'release-bot', owner: 'sam@acme.example' },
    context: { answer },
    history: {},
    resource: { id, type: 'table' },
    subject: { id: 'release-bot', type: 'agent' },
    time: { rfc3339: '2026-01-05T10:00:00Z', unix: 1767607200 },
  });
}

const GOOD = inputText('db.delete', { rows: 12480 });

describe('the engine', () => {
  const engine = new PolicyEngine(bundle);

  it('answers the shipped policy for a bulk delete, whole', () => {
    expect(engine.evaluate(GOOD)).toEqual({
      effect: 'require_approval',
      reasons: [{ rule: 'bulk-delete', text: 'deletes 12480 rows in prod.orders' }],
      risk: { level: 'high', score: 70, factors: ['bulk-delete'] },
      approval: {
        seats: [{ group: 'dba', count: 1 }],
        expires_in_s: 900,
        reason_required: false,
        channels: [],
        redact: [],
        exclude: [],
        step_up: false,
      },
      obligations: [],
      grant: { expires_in_s: 600, uses: 1 },
      flow: ['irreversible'],
      policy: { revision: bundle.revision },
    });
  });

  it('keeps every character of a resource that people must recognise', () => {
    const id = 'prod.bücher-訂單-🧾';
    expect(engine.evaluate(inputText('db.delete', { rows: 500 }, id)).reasons[0]?.text).toBe(
      `deletes 500 rows in ${id}`,
    );
  });

  it('does not let one input leave anything behind for the next', () => {
    expect(engine.evaluate(inputText('db.delete', { rows: 500, note: 'x'.repeat(100_000) })).effect).toBe(
      'require_approval',
    );
    expect(engine.evaluate(inputText('db.read')).effect).toBe('allow');
    expect(engine.evaluate(inputText('db.unheard_of')).reasons).toEqual([
      { rule: 'no-rule', text: 'no rule allows this' },
    ]);
  });

  it('does not let one caller change the verdict of the next', () => {
    const verdict = engine.evaluate(GOOD);
    expect(() => verdict.reasons.push({ rule: 'x', text: 'x' })).toThrow(TypeError);
    expect(engine.evaluate(GOOD).reasons).toHaveLength(1);
  });

  const deep = (depth: number) => inputText('db.read', JSON.parse('['.repeat(depth) + ']'.repeat(depth)));
  it.each([
    ['no object', '"db.read"'],
    ['nothing', ''],
    ['an array', '[]'],
    ['a lone surrogate', inputText('db.read').replace('orders', 'orders\ud800')],
    ['an escaped surrogate', inputText('db.read').replace('orders', 'orders\\ud800')],
    ['an escaped surrogate in capitals', inputText('db.read').replace('orders', 'orders\\uDC00')],
    ['something after its end', `${inputText('db.read')}{}`],
    ['no end', inputText('db.read').slice(0, -1)],
    ['an open string', inputText('db.read').slice(0, -2)],
    ['a zero character', inputText('db.read').replace(',', ',\0')],
    ['too many levels', deep(80)],
    ['too many bytes', inputText('db.read', { note: 'é'.repeat(MAX_INPUT_BYTES / 2) })],
  ])('denies an input with %s, without giving it to the policy', (_, text) => {
    const before = engine.faults.input;
    const verdict = engine.evaluate(text);
    expect(verdict.effect).toBe('deny');
    expect(verdict.reasons[0]?.rule).toBe('policy-fault');
    expect(engine.faults.input).toBe(before + 1);
    expect(engine.retired).toBe(0);
  });

  it('takes arguments as deep as a request may have them', () => {
    expect(engine.evaluate(deep(64)).effect).toBe('allow');
  });

  it('denies text that is an object on the outside only', () => {
    expect(engine.evaluate('{"action" "name"}').effect).toBe('deny');
    expect(engine.evaluate('{]').effect).toBe('deny');
  });

  it('says which bundle serves', () => {
    expect(engine.bundles()).toEqual([
      expect.objectContaining({ revision: bundle.revision, active: true, source: 'default' }),
    ]);
    const areas = engine.bundles()[0]?.areas;
    expect(areas).toEqual(
      expect.arrayContaining(['data', 'db', 'everywhere', 'iam', 'infra', 'messaging', 'payments']),
    );
    expect(areas).toEqual([...new Set(areas)].sort());
  });
});

const ALLOW = {
  effect: 'allow',
  reasons: [{ rule: 'fine', text: 'is fine' }],
  risk: { level: 'low', factors: [] },
  obligations: [],
};
const HOLD = {
  ...ALLOW,
  effect: 'require_approval',
  approval: { seats: [{ group: 'dba', count: 1 }], expires_in: '2d' },
};

describe('an engine with a policy that breaks', () => {
  const details: [FaultKind, string][] = [];
  const engine = new PolicyEngine(anything, { onFault: (kind, detail) => void details.push([kind, detail]) });
  const answering = (answer: unknown) => engine.evaluate(inputText('db.read', {}, 'x', answer));

  it('answers right after 5,000 throws, in no more memory', { timeout: 60_000 }, () => {
    const memory = engine.memoryBytes;
    const resident = process.memoryUsage().rss;
    for (let i = 0; i < 5_000; i++) {
      const verdict = engine.evaluate(inputText('db.delete', { rows: i }, 'conflict', ALLOW));
      expect(verdict.effect).toBe('deny');
      expect(verdict.reasons).toEqual([{ rule: 'policy-fault', text: 'policy broke while it was evaluated' }]);
    }
    expect(answering(ALLOW).effect).toBe('allow');
    expect(engine.faults).toEqual({ input: 0, throw: 5_000, undefined: 0, schema: 0 });
    expect(engine.retired).toBe(5_000);
    expect(engine.memoryBytes).toBe(memory);
    expect(process.memoryUsage().rss - resident).toBeLessThan(256 * 1024 * 1024);
    expect(details[0]?.[1]).toContain('conflict');
  });

  it('denies when there is no answer', () => {
    expect(answering(undefined).reasons[0]).toEqual({ rule: 'policy-fault', text: 'policy gave no answer' });
    expect(engine.faults.undefined).toBe(1);
  });

  it('reads durations in seconds, minutes, hours and days', () => {
    expect(answering(HOLD).approval?.expires_in_s).toBe(172_800);
    for (const [given, seconds] of [
      ['30s', 30],
      ['15m', 900],
      ['1h', 3600],
      [45, 45],
    ] as const) {
      expect(answering({ ...HOLD, approval: { ...HOLD.approval, expires_in: given } }).approval?.expires_in_s).toBe(
        seconds,
      );
    }
  });

  it.each<[string, unknown]>([
    ['a bare word', 'allow'],
    ['true', true],
    ['null', null],
    ['a list', [ALLOW]],
    ['an unknown effect', { ...ALLOW, effect: 'ALLOW' }],
    ['no reasons', { ...ALLOW, reasons: [] }],
    ['a reason without a rule', { ...ALLOW, reasons: [{ text: 'x' }] }],
    ['an unknown risk', { ...ALLOW, risk: { level: 'none' } }],
    ['no risk', { ...ALLOW, risk: undefined }],
    ['a score above 100', { ...ALLOW, risk: { level: 'low', score: 101 } }],
    ['terms nobody asked for', { ...ALLOW, approval: HOLD.approval }],
    ['no terms', { ...HOLD, approval: undefined }],
    ['nobody to ask', { ...HOLD, approval: { seats: [] } }],
    ['a seat for no person', { ...HOLD, approval: { seats: [{ group: 'dba', count: 0 }] } }],
    ['half a person', { ...HOLD, approval: { seats: [{ group: 'dba', count: 0.5 }] } }],
    ['no end', { ...HOLD, approval: { ...HOLD.approval, expires_in: '9999d' } }],
    ['a time that is no time', { ...HOLD, approval: { ...HOLD.approval, expires_in: '1e3s' } }],
    ['channels that are no list', { ...HOLD, approval: { ...HOLD.approval, channels: 'slack' } }],
    ['an obligation without an id', { ...ALLOW, obligations: [{}] }],
    ['a grant without end', { ...ALLOW, grant: { expires_in: -1 } }],
    ['a grant for no use', { ...ALLOW, grant: { uses: 0 } }],
  ])('denies an answer with %s', (_, answer) => {
    const before = engine.faults.schema;
    const verdict = answering(answer);
    expect(verdict.effect).toBe('deny');
    expect(verdict.reasons).toEqual([
      { rule: 'policy-fault', text: 'policy gave an answer that cannot be understood' },
    ]);
    expect(engine.faults.schema).toBe(before + 1);
  });

  it('cuts a reason that an agent made long, and keeps the denial', () => {
    const verdict = answering({ ...ALLOW, effect: 'deny', reasons: [{ rule: 'r', text: '🧾'.repeat(5_000) }] });
    expect(verdict.reasons[0]?.text.length).toBeLessThan(2_010);
    expect(verdict.reasons[0]?.text.isWellFormed()).toBe(true);
    expect(verdict.reasons[0]?.rule).toBe('r');
  });

  it('grows its memory no further than its bound, and serves on', () => {
    const huge = {
      ...ALLOW,
      reasons: Array.from({ length: 3_000 }, (_, i) => ({ rule: `r${i}`, text: 'x'.repeat(60) })),
    };
    for (let i = 0; i < 50; i++) expect(answering(huge).effect).toBe('deny');
    expect(engine.memoryBytes).toBeLessThanOrEqual(36 * 1024 * 1024);
    expect(answering(ALLOW).effect).toBe('allow');
  });
});

it('does not start with a module that cannot be compiled', () => {
  expect(() => new PolicyEngine({ ...anything, wasm: Buffer.from('junk') })).toThrow(/cannot be loaded/);
});
