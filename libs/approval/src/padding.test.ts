import { describe, expect, it } from 'vitest';
import { delegationChain, excludedFrom } from './eligibility.js';
import { hold } from './hold.js';
import { wholeText } from './payload.js';
import type { ActionRequest, Agent } from './request.js';
import type { Verdict } from './verdict.js';

const agent: Agent = { id: 'bot', owner: 'sam', groups: [] };
const request = (act: unknown): ActionRequest => ({
  subject: { type: 'agent', id: 'bot', properties: { act } },
  action: { name: 'db.drop' },
  resource: { type: 'table', id: 'users' },
});
const verdict: Verdict = {
  effect: 'require_approval',
  reasons: [{ rule: 'r', text: 't' }],
  risk: { level: 'high', score: 70, factors: [] },
  approval: {
    seats: [{ group: 'dba', count: 1 }],
    expires_in_s: 60,
    reason_required: false,
    channels: [],
    redact: [],
    exclude: [],
    step_up: false,
  },
  obligations: [],
  policy: { revision: 'r' },
};
const members = [{ id: 'dana', name: 'Dana', groups: ['dba'] }];
const held = (asked: ActionRequest, recorded?: ActionRequest) =>
  hold(
    {
      request: asked,
      ...(recorded ? { recorded } : {}),
      agent,
      action_digest: 'd',
      verdict,
      members,
      destinations: [],
    },
    '2026-01-01T00:00:00.000Z',
  );

describe('padding', () => {
  it('never pushes the payload out of an approver’s sight: what cannot be shown whole is denied', () => {
    const cut = request(undefined);
    expect(held(request(undefined), cut)).toMatchObject({
      type: 'decision.denied',
      request: cut,
      reasons: [{ rule: 'too-large-to-show' }, { rule: 'r' }],
    });
  });

  it.each([
    ['a list', { sub: ['dana'] }],
    ['an object', { sub: { id: 'dana' } }],
    ['another member', { actor: { email: 'dana' } }],
    ['a bare id', 'dana'],
  ])('does not hide a person in a chain of delegation written as %s', (_, act) => {
    expect(excludedFrom(request(act), agent, { exclude: [] })).toContainEqual({ id: 'dana', because: 'delegation' });
    expect(held(request(act))).toMatchObject({ type: 'decision.denied', reasons: [{ rule: 'nobody-eligible' }, {}] });
  });

  it.each([
    ['wide', Array.from({ length: 128_000 }, () => ({}))],
    ['long', Array.from({ length: 2_000 }, () => ({})).reduce<object>((inner) => ({ act: inner }), { sub: 'dana' })],
  ])('of a chain of delegation that is too %s to be read denies, and costs nothing', (_, act) => {
    expect(delegationChain(request(act))).toBeUndefined();
    expect(held(request(act))).toMatchObject({
      type: 'decision.denied',
      reasons: [{ rule: 'delegation-too-long' }, {}],
    });
  });
});

it('whoever opens the whole sees all of it, and what hides', () => {
  const text = wholeText({ note: `${'x'.repeat(200_000)} the end`, name: 'a\u202Eb' });
  expect(text).toContain(`${'x'.repeat(200_000)} the end`);
  expect(text).toContain('a⟨U+202E⟩b');
});
