import { canonicalize, digestOf, readEvent } from '@countersign/ledger';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventText } from './write.js';

const digits = (length: number, alphabet = '0123456789abcdefghjkmnpqrstvwxyz') =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length });

const draft = fc.record(
  {
    id: digits(26).map((text) => `evt_${text}`),
    type: fc.constantFrom('decision.allowed', 'decision.held', 'vote.cast', 'grant.redeemed'),
    at: fc
      .date({ min: new Date(0), max: new Date('9999-01-01T00:00:00Z'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    version: fc.integer({ min: 1, max: 1000 }),
    data: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map((data) => canonicalize(toWellFormed(data))),
    traceId: digits(32, '0123456789abcdef'),
  },
  { requiredKeys: ['id', 'type', 'at', 'version', 'data'] },
);
const place = fc.record({
  source: fc.constantFrom('intake-m8x2k1a0b1c2d3', 'intake-m8x2k1a0b1c2d3.7'),
  seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  prev: fc.oneof(fc.constant(''), fc.string().map(digestOf)),
});

it('the bytes of an event are canonical JSON as they are put together, whatever is in it', () => {
  fc.assert(
    fc.property(digits(26), draft, place, (id, event, where) => {
      const text = eventText(`dec_${id}`, event, where);
      expect(text).toBe(canonicalize(JSON.parse(text)));
      expect(readEvent(Buffer.from(text))).toMatchObject({
        decisionId: `dec_${id}`,
        id: event.id,
        version: event.version,
        ...where,
      });
    }),
    { numRuns: 1_000 },
  );
});

/** Strings that have a UTF-8 form, as everything has that got past the reading of a request. */
function toWellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, member: unknown) => {
    if (typeof member === 'string') return member.toWellFormed();
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).map(([key, inner]) => [key.toWellFormed(), inner as unknown]));
  });
}
