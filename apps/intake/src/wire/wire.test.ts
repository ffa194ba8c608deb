import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { DecideRequestSchema, DecisionSchema, State } from '@countersign/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecideRequest } from './decide-reader.js';
import { writeDecision } from './decision-writer.js';

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const form = fc.oneof(
  fc.constant({ case: undefined }),
  fc.record({ case: fc.constant('propertiesJson' as const), value: text }),
  fc.record({
    case: fc.constant('properties' as const),
    value: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())),
  }),
);
const part = fc.option(fc.record({ type: text, id: text, propertiesForm: form }), { nil: undefined });

describe('the hand-written codec of Decide', () => {
  it('reads every request as the generated reader does', () => {
    const request = fc.record({
      requestId: text,
      subject: part,
      principal: text,
      action: fc.option(fc.record({ name: text }), { nil: undefined }),
      argumentsForm: fc.oneof(
        fc.constant({ case: undefined }),
        fc.record({ case: fc.constant('argumentsJson' as const), value: text }),
      ),
      resource: part,
      contextForm: fc.oneof(
        fc.constant({ case: undefined }),
        fc.record({ case: fc.constant('contextJson' as const), value: text }),
      ),
      justification: text,
      dryRun: fc.boolean(),
      audience: text,
      holderKey: text,
    });
    fc.assert(
      fc.property(request, (init) => {
        const bytes = Buffer.from(toBinary(DecideRequestSchema, create(DecideRequestSchema, init as never)));
        expect(plain(readDecideRequest(bytes))).toEqual(plain(fromBinary(DecideRequestSchema, bytes)));
      }),
      { numRuns: 500 },
    );
  });

  it('takes no bytes that the generated reader refuses', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (raw) => {
        const bytes = Buffer.from(raw);
        const generated = attempt(() => fromBinary(DecideRequestSchema, bytes));
        const ours = attempt(() => readDecideRequest(bytes));
        if (generated === undefined) expect(ours).toBeUndefined();
        else if (ours !== undefined) expect(plain(ours)).toEqual(plain(generated));
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses a string that is not UTF-8 instead of changing it', () => {
    expect(() => readDecideRequest(Buffer.from([0x0a, 0x02, 0xc3, 0x28]))).toThrow('not valid UTF-8');
  });

  it('writes every answer so that the generated reader reads it back', () => {
    const decision = fc.record({
      id: text,
      requestId: text,
      state: fc.constantFrom(State.ALLOWED, State.DENIED, State.PENDING),
      mayAct: fc.boolean(),
      final: fc.boolean(),
      reasons: fc.array(fc.record({ rule: text, text }), { maxLength: 4 }),
      risk: fc.option(fc.record({ level: text, score: fc.nat(100), factors: fc.array(text, { maxLength: 3 }) }), {
        nil: undefined,
      }),
      actionDigest: text,
      policy: fc.option(fc.record({ revision: text }), { nil: undefined }),
      createdAt: fc.record({ seconds: fc.bigInt(0n, 4_000_000_000n), nanos: fc.nat(999_999_999) }),
      updatedAt: fc.record({ seconds: fc.bigInt(0n, 4_000_000_000n), nanos: fc.nat(999_999_999) }),
      nextStep: text,
      subject: fc.option(fc.record({ type: text, id: text }), { nil: undefined }),
    });
    fc.assert(
      fc.property(decision, (init) => {
        const message = create(DecisionSchema, init as never);
        expect(plain(fromBinary(DecisionSchema, writeDecision(message)))).toEqual(plain(message));
      }),
      { numRuns: 500 },
    );
  });
});

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Without the generated code's own marks. */
function plain(message: object): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value: unknown) =>
      key.startsWith('$') ? undefined : typeof value === 'bigint' ? String(value) : value,
    ),
  );
}
