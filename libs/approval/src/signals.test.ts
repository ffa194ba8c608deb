import { describe, expect, it } from 'vitest';
import { act, ANA, DANA, deny, later, pending, REQUEST, T0, terms, verdict, vote } from '../test/office.js';
import { answersTo, approverSignals, type Answer } from './signals.js';
import type { Decision } from './state.js';

const answer = (voter: string, after_s: number, more: Partial<Answer> = {}): Answer => ({
  ...{ voter, voter_name: voter, approves: true, at: later(after_s), after_s, cut: false },
  ...more,
});
const signals = (answers: Answer[], before: Answer[] = []) => approverSignals(answers, before, { fast_s: 5 });

describe('the votes on a request', () => {
  it('are measured from when people were asked', () => {
    const { decision } = act(pending(), vote(DANA), later(42));
    expect(answersTo(decision)).toEqual([
      { voter: 'dana', voter_name: 'Dana', approves: true, at: later(42), after_s: 42, cut: false },
    ]);
  });

  it('are measured from when their voter was asked, if that was later', () => {
    const escalating = verdict({
      approval: terms({ escalate: [{ after_s: 60, seats: [{ group: 'finance', count: 1 }] }] }),
    });
    const asked = act(
      pending({ verdict: escalating }),
      { type: 'escalate', members: [ANA], destinations: [] },
      later(60),
    );
    const { decision } = act(asked.decision, deny(ANA, 'no'), later(70));
    expect(answersTo(decision)).toMatchObject([{ voter: 'ana', approves: false, after_s: 10 }]);
  });

  it('say whether all of it could be seen, was open, and whether the voter was at work', () => {
    const action = { name: 'db.delete', properties: { sql: 'x'.repeat(9_000) } };
    const asked = pending({ request: { ...REQUEST, action } });
    const { decision } = act(asked, { ...vote(DANA), opened_details: true }, later(1));
    const hours = (days: readonly ('fri' | 'mon')[]) => ({
      dba: { work: { zone: 'UTC', hours: [{ days, from: 540, to: 1020 }], holidays: [] } },
    });
    expect(answersTo(decision, hours(['fri']))).toMatchObject([{ cut: true, opened: true, after_hours: false }]);
    expect(answersTo(decision, hours(['mon']))).toMatchObject([{ after_hours: true }]);
    expect(answersTo(decision, { dba: {} })[0]).not.toHaveProperty('after_hours');
  });

  it('are none where nobody was asked or nobody voted', () => {
    const { approval: _, ...unasked } = pending();
    expect(answersTo(pending())).toEqual([]);
    expect(answersTo({ ...unasked, status: 'ALLOWED' } as Decision)).toEqual([]);
  });
});

describe('signals of an approver', () => {
  it('say how often, how fast and how alike they answer', () => {
    const votes = [1, 2, 3, 4, 10, 20, 30, 40, 50, 60].map((s) => answer('dana', s, { approves: s !== 20 }));
    expect(signals([...votes].reverse())).toEqual([
      {
        ...{ person: 'dana', name: 'dana', votes: 10, approvals: 9, approve_rate: 0.9 },
        ...{ p10_s: 1, p50_s: 10, p90_s: 50, fast: 4, cut_approvals: 0, cut_unopened: 0 },
        ...{ streak: 4, longest_streak: 5, with_hours: 0, after_hours: 0 },
      },
    ]);
  });

  it('say how often what could not be seen whole was approved without opening it', () => {
    const votes = [
      answer('dana', 1, { cut: true, opened: true }),
      answer('dana', 2, { cut: true, opened: false }),
      answer('dana', 3, { cut: true }),
      answer('dana', 4, { cut: true, approves: false }),
    ];
    expect(signals(votes)).toMatchObject([{ cut_approvals: 3, cut_unopened: 2 }]);
  });

  it('say how often they vote when they are not at work', () => {
    const votes = [
      answer('dana', 1, { after_hours: true }),
      answer('dana', 2, { after_hours: false }),
      answer('dana', 3),
    ];
    expect(signals(votes)).toMatchObject([{ with_hours: 2, after_hours: 1 }]);
  });

  it('are beside those of the time before, and one person is one person however the id is written', () => {
    const found = signals(
      [answer('Dana@acme.example', 1), answer('zoe', 2), answer('ana', 3)],
      [answer('dana@acme.example', 100, { approves: false })],
    );
    expect(found.map(({ person }) => person)).toEqual(['Dana@acme.example', 'ana', 'zoe']);
    expect(found[0]!.before).toMatchObject({ votes: 1, approve_rate: 0, p50_s: 100, fast: 0 });
    expect(found[1]).not.toHaveProperty('before');
  });

  it('put the busiest first', () => {
    const found = signals([answer('ana', 1), answer('dana', 1, { at: T0 }), answer('dana', 2)]);
    expect(found.map(({ person }) => person)).toEqual(['dana', 'ana']);
  });
});
