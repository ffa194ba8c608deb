import {
  hold,
  restraint,
  type ActionRequest,
  type ApprovalTerms,
  type Denied,
  type Hold,
  type Verdict,
} from '@countersign/approval';
import { describe, expect, it } from 'vitest';
import type { RecordedAnswer } from '../recorded-input.js';
import { compare } from './compare.js';
import { Replay } from './replay.js';
import { recordedRuling, rulingOf } from './ruling.js';

const TERMS: ApprovalTerms = {
  seats: [
    { group: 'dba', count: 2 },
    { group: 'ops', count: 1 },
  ],
  expires_in_s: 900,
  reason_required: true,
  channels: ['slack'],
  redact: ['/arguments/password'],
  exclude: ['kim@acme.example'],
  step_up: true,
};
const VERDICT: Verdict = {
  effect: 'require_approval',
  reasons: [{ rule: 'bulk-delete', text: 'deletes many rows' }],
  risk: { level: 'high', score: 70, factors: [] },
  approval: TERMS,
  obligations: [{ id: 'mask' }],
  grant: { expires_in_s: 600, uses: 1 },
  policy: { revision: 'sha256:0' },
};
const DENY: Verdict = { ...VERDICT, effect: 'deny', approval: undefined, grant: undefined, obligations: [] };
const ALLOW: Verdict = { ...DENY, effect: 'allow', obligations: [{ id: 'mask' }] };
const REQUEST = {
  subject: { type: 'agent', id: 'release-bot' },
  action: { name: 'db.delete', properties: { rows: 12480 } },
  resource: { type: 'table', id: 'prod.orders' },
};
const AGENT = { owner: 'sam@acme.example', groups: ['ci'] };
const AT = '2026-01-15T10:00:00.123Z';
const ESCALATING = { escalate: [{ after_s: 600, seats: [{ group: 'oncall', count: 1 }] }] };

function delegated(depth: number): ActionRequest {
  const act = Array.from({ length: depth }).reduce<object>((inner, _, i) => ({ sub: `p${i}`, act: inner }), {
    sub: 'p',
  });
  return { ...REQUEST, subject: { ...REQUEST.subject, properties: { act } } };
}

describe('a looser answer is seen, whatever else gets stricter', () => {
  const terms = (more: Partial<ApprovalTerms>) =>
    compare(rulingOf(VERDICT), rulingOf({ ...VERDICT, approval: { ...TERMS, ...more } }));
  it.each([
    ['deny becomes ask', DENY, VERDICT],
    ['deny becomes allow', DENY, ALLOW],
    ['ask becomes allow', VERDICT, ALLOW],
  ])('%s', (text, before, after) => {
    expect(compare(rulingOf(before), rulingOf(after))).toEqual({ looser: [text], stricter: [] });
    expect(compare(rulingOf(after), rulingOf(before)).looser).toEqual([]);
  });

  it.each<[string, Partial<ApprovalTerms>]>([
    ['1 dba and 1 ops is enough', { seats: [{ group: 'dba', count: 1 }, TERMS.seats[1]!] }],
    ['2 dba and 5 security is enough', { seats: [TERMS.seats[0]!, { group: 'security', count: 5 }] }],
    ['3 ops is enough', { alternatives: [[{ group: 'ops', count: 3 }]] }],
    ['1 oncall after 600 s is enough', { escalate: [{ after_s: 600, seats: [{ group: 'oncall', count: 1 }] }] }],
    ['it takes 2 to deny instead of 1', { deny_quorum: 2 }],
    ['people who join a group later may vote', { late_members: true }],
    ['people have 3600 s instead of 900 s', { expires_in_s: 3600 }],
    ['a reason is required no more', { reason_required: false }],
    ['a second factor is required no more', { step_up: false }],
    ['kim@acme.example is excluded no more', { exclude: ['lee@acme.example'] }],
    ['/arguments/password is shown', { redact: [] }],
    ['people may be asked everywhere', { channels: [] }],
    ['people may be asked in teams', { channels: ['slack', 'teams'] }],
  ])('%s', (text, more) => {
    expect(terms(more).looser).toEqual([text]);
  });

  it('another quorum that takes the same people and more is no way in', () => {
    const more = [...TERMS.seats, { group: 'security', count: 1 }];
    expect(terms({ alternatives: [more], escalate: [{ after_s: 60, seats: more }] })).toEqual({
      looser: [],
      stricter: [],
    });
  });

  it('an escalation that comes earlier is looser', () => {
    const step = (after_s: number) => ({ ...TERMS, escalate: [{ after_s, seats: [{ group: 'oncall', count: 1 }] }] });
    const ruling = (after_s: number) => rulingOf({ ...VERDICT, approval: step(after_s) });
    expect(compare(ruling(600), ruling(60)).looser).toEqual(['1 oncall after 60 s is enough']);
    expect(compare(ruling(60), ruling(600)).looser).toEqual([]);
  });

  it('a grant that works more often is looser', () => {
    const ruling = (uses: number) => rulingOf({ ...VERDICT, grant: { expires_in_s: 600, uses } });
    expect(compare(ruling(1), ruling(2)).looser).toEqual(['the grant works 2 times instead of 1']);
  });

  it('more people, less time and fewer ways are stricter and nothing else', () => {
    const seats = [...TERMS.seats, { group: 'security', count: 1 }];
    const { looser, stricter } = terms({ seats, expires_in_s: 60, exclude: ['kim@acme.example', 'lee@acme.example'] });
    expect(looser).toEqual([]);
    expect(stricter).toHaveLength(3);
  });

  it('an allowance that loses its grant or its obligation is looser', () => {
    const withGrant = rulingOf({ ...ALLOW, grant: { expires_in_s: 600, uses: 1 } });
    expect(compare(withGrant, rulingOf(ALLOW)).looser).toEqual(['a grant has to be redeemed no more']);
    expect(compare(rulingOf(ALLOW), withGrant).looser).toEqual([]);
    expect(compare(rulingOf(ALLOW), rulingOf({ ...ALLOW, obligations: [] })).looser).toEqual([
      'obligation mask is dropped',
    ]);
  });
});

describe('what policy said is read from the record', () => {
  const person = { id: 'dana@acme.example', name: 'Dana', groups: ['dba'] };
  const recorded = (members: (typeof person)[], more: Partial<Hold> = {}) => {
    const parts = { request: REQUEST, agent: { id: 'release-bot', ...AGENT }, action_digest: '', destinations: [] };
    const verdict = { ...VERDICT, approval: { ...TERMS, seats: [{ group: 'dba', count: 1 }], ...ESCALATING } };
    const { type, ...data } = hold({ ...parts, verdict, members, ...more }, AT);
    return recordedRuling({ decision_id: 'dec_1', at: AT, type, data } as RecordedAnswer);
  };

  it('with the terms on which people were asked', () => {
    expect(recorded([person])).toMatchObject({
      effect: 'require_approval',
      approval: { expires_in_s: 900 },
      grant: { expires_in_s: 600, uses: 1 },
    });
  });

  const limits = { cool_down_s: 900, pending_per_agent: 5, pending_per_approver: 5, asks_per_hour: 60 };
  const denied = { updated_at: AT, denied_by: { id: 'kim', name: 'Kim', reason: 'no' } } as Denied;
  it.each<[string, Parameters<typeof recorded>]>([
    ['nobody may answer', [[]]],
    ['it is too large to be read', [[person], { recorded: REQUEST }]],
    ['the chain of delegation is too long', [[person], { request: delegated(40) }]],
    ['people said no a moment ago', [[person], { restraint: restraint({ pending: 0, denied }, limits, AT) }]],
    ['too much of it waits already', [[person], { restraint: restraint({ pending: 9 }, limits, AT) }]],
    ['its agent asks too often', [[person], { restraint: restraint({ pending: 0, full_since: AT }, limits, AT) }]],
    ['too much waits for those people', [[person], { weary: [person.id] }]],
  ])('although %s, and it was denied at once: policy did not deny', (_, given) => {
    expect(recorded(...given)).toEqual({ effect: 'require_approval', rules: ['bulk-delete'], obligations: [] });
  });

  it('without the terms when others had to be asked than those policy named first', () => {
    const ruling = recorded([{ ...person, groups: ['oncall'] }]);
    expect(ruling).toMatchObject({ effect: 'require_approval', rules: ['bulk-delete'] });
    expect(ruling.approval).toBeUndefined();
  });

  it('and a denial by a rule of such a name is a denial', () => {
    const reasons = [
      { rule: 'cool-down', text: 'not yet' },
      { rule: 'x', text: 'never' },
    ];
    const data = { request: REQUEST, agent: AGENT, reasons } as unknown as RecordedAnswer['data'];
    const event = { decision_id: 'dec_1', at: AT, type: 'decision.denied', data } as RecordedAnswer;
    expect(recordedRuling(event)).toMatchObject({ effect: 'deny', rules: ['cool-down', 'x'] });
  });
});

describe('a replay', () => {
  const event = (id: number, data: object = {}): RecordedAnswer => ({
    decision_id: `dec_${id}`,
    at: AT,
    type: 'decision.denied',
    data: {
      ...{ request: REQUEST, agent: AGENT, action_digest: '', risk: VERDICT.risk, policy: VERDICT.policy },
      reasons: [{ rule: 'no-rule', text: 'no rule allows this' }],
      ...data,
    },
  });
  const candidate = (verdict: Verdict) => ({ evaluate: () => verdict, faults: { throw: 0 } });

  it('names each decision that is looser, and how', () => {
    const replay = new Replay(candidate(ALLOW));
    expect(replay.add(event(1))).toEqual({
      kind: 'loosened',
      decision_id: 'dec_1',
      at: AT,
      subject: 'release-bot',
      action: 'db.delete',
      resource: 'table:prod.orders',
      looser: ['deny becomes allow'],
      stricter: [],
      before: { effect: 'deny', rules: ['no-rule'] },
      after: { effect: 'allow', rules: ['bulk-delete'] },
    });
    expect(replay.summary()).toMatchObject({ requests: 1, loosened: 1, effects: { deny: { allow: 1 } } });
  });

  it('counts the same answer for other reasons apart', () => {
    const replay = new Replay(candidate(DENY));
    expect(replay.add(event(1))).toBeUndefined();
    expect(replay.summary()).toMatchObject({ loosened: 0, tightened: 0, other_rules: 1 });
  });

  it('leaves out what was not recorded whole, and says so', () => {
    const lost = { ...REQUEST, action: { name: 'db.delete', properties: { $bytes: 9000, $sha256: 'x' } } };
    const replay = new Replay(candidate(ALLOW));
    expect(replay.add(event(1, { request: lost }))).toBeUndefined();
    expect(replay.summary()).toMatchObject({
      requests: 0,
      not_replayable: { 'action.properties was too large to be recorded': 1 },
    });
  });

  it('says when the candidate wants a history that was not recorded', () => {
    const replay = new Replay(candidate({ ...DENY, counts: [{ counter: 'deletes', amount: 1 }] }));
    replay.add(event(1));
    replay.add(event(2, { history: { counters: {}, flow: {} } }));
    expect(replay.summary().without_history).toBe(1);
  });

  it('reports who would be asked, before and after', () => {
    const replay = new Replay(candidate(VERDICT));
    replay.add(event(1));
    replay.add(event(2));
    const { asked } = replay.summary();
    expect(asked.before.asked).toBe(0);
    expect(asked.after).toMatchObject({ requests: 2, asked: 2, rules: [{ rule: 'bulk-delete', asked: 2 }] });
  });

  it('compares with another policy instead of the record when there is one', () => {
    const replay = new Replay(candidate(ALLOW), candidate(ALLOW));
    expect(replay.add(event(1))).toBeUndefined();
    expect(replay.summary().effects.allow.allow).toBe(1);
  });
});
