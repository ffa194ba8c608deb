import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AGENT,
  allowed,
  ANA,
  BEN,
  DANA,
  DIGEST,
  later,
  LEE,
  pending,
  person,
  REQUEST,
  SAM,
  T0,
  verdict,
} from '../test/office.js';
import {
  breakGlassAnew,
  breakTerms,
  decide,
  evolve,
  isConcerned,
  renderCard,
  type BreakGlassRule,
  type Breaking,
  type Command,
  type Decision,
  type DecisionEvent,
  type Effect,
  type Redeem,
  type Stop,
  type Verdict,
} from './index.js';

const OLU = person('olu', ['oncall']);
const VERA = person('vera', ['security']);
const WILL = person('will', ['security']);
const rule = (more: Partial<BreakGlassRule> = {}): BreakGlassRule => ({
  ...{ rule: 'incident', text: 'on call, in an incident', groups: ['oncall'], duration_s: 900, uses: 1 },
  ...{ notify: ['security'], overrides: [], while_overdue: false, review: { groups: ['security'], within_s: 86_400 } },
  ...more,
});
const said = (effect: Effect, rules: BreakGlassRule[] = [rule()], guarded = false): Verdict => {
  const { approval, ...rest } = verdict({ effect });
  return { ...rest, ...(effect === 'require_approval' ? { approval } : {}), break_glass: { rules, guarded } };
};
const breaking = (more: Partial<Breaking> = {}): Breaking => ({
  ...{ by: OLU, reason: 'checkout is down', verdict: said('require_approval'), grant_id: 'grt_9', overdue: false },
  reviewers: [VERA, WILL],
  destinations: [
    { channel: 'slack', address: 'C0SEC', group: 'security' },
    { channel: 'slack', address: 'C0DBA', group: 'dba' },
  ],
  ...more,
});
const opening = { request: REQUEST, agent: AGENT, action_digest: DIGEST };

function after(events: readonly DecisionEvent[], from?: Decision, at = T0): Decision {
  return events.reduce<Decision | undefined>((now, event) => {
    const { type, ...data } = JSON.parse(JSON.stringify(event)) as DecisionEvent;
    return evolve(now, { type, at, decision_id: 'dec_1', version: (now?.version ?? 0) + 1, data });
  }, from)!;
}
function run(decision: Decision, command: Command, seconds = 1, stop?: Stop) {
  const { events, refused } = decide(decision, command, later(seconds), stop);
  return { types: events.map(({ type }) => type), refused, after: after(events, decision, later(seconds)) };
}
function broken(more: Partial<Breaking> = {}): Decision {
  const made = breakGlassAnew(opening, breaking(more), T0);
  if ('refused' in made) throw new Error(made.refused.text);
  return after(made.events);
}
const refusal = (more: Partial<Breaking>) => {
  const made = breakGlassAnew(opening, breaking(more), T0);
  return 'refused' in made ? made.refused.code : undefined;
};
const redeem = (more: Partial<Redeem> = {}): Redeem => ({
  ...{ type: 'redeem', by: 'release-bot', grant_id: 'grt_9', action_digest: DIGEST, approvers: [] },
  ...{ verdict: said('require_approval'), breaker: OLU },
  ...more,
});
const close: Command = { type: 'close_review', by: VERA, finding: 'justified', comment: 'it was down' };

describe('breaking the glass', () => {
  it('lets one exact action run once, for minutes, and opens a review', () => {
    const decision = broken({ ticket: 'INC-1' });
    expect(decision).toMatchObject({
      status: 'ALLOWED',
      grant: { id: 'grt_9', uses: 1, expires_at: later(900) },
      broke_glass: { by: 'olu', rule: 'incident', ticket: 'INC-1', notified: ['security'] },
      review: { groups: ['security'], due_at: later(86_400) },
    });
    expect(decision.broke_glass!.destinations).toEqual([{ channel: 'slack', address: 'C0SEC', group: 'security' }]);
    expect(renderCard(decision).outcome).toBe(
      'GLASS BROKEN by Olu without approval, 14:00 UTC: checkout is down. Review by security due 2026-11-21 14:00 UTC.',
    );
    const used = run(decision, redeem());
    expect(used.types).toEqual(['grant.redeemed']);
    expect(run(used.after, redeem()).refused).toMatchObject({ code: 'grant-used' });
    expect(renderCard(used.after).outcome).toContain('The grant was used');
  });

  it('does it for a request that waits, and the vote that comes after it is too late', () => {
    const { types, after: now } = run(pending(), { type: 'break_glass', ...breaking() });
    expect(types).toEqual(['decision.broke_glass', 'review.opened']);
    expect(now).toMatchObject({ status: 'ALLOWED', broke_glass: { by: 'olu' } });
    expect(run(now, redeem()).types).toEqual(['grant.redeemed']);
    expect(run(now, { type: 'break_glass', ...breaking() }).refused).toMatchObject({ code: 'already-decided' });
  });

  it('is on the record when the rules say no, and changes nothing', () => {
    const tried = (decision: Decision, seconds: number, more: Partial<Breaking> = {}, stop?: Stop) => {
      const made = decide(decision, { type: 'break_glass', ...breaking(more) }, later(seconds), stop);
      expect(after(made.events, decision).status).toBe(made.events.length > 1 ? 'DENIED' : decision.status);
      return made.events;
    };
    const refused = { type: 'break_glass.refused', by: 'olu', by_name: 'Olu', action_digest: DIGEST };
    const said = { ...refused, reason: 'checkout is down' };
    expect(tried(pending(), 1, { by: DANA, ticket: 'INC-1' })).toEqual([
      { ...said, by: 'dana', by_name: 'Dana', because: 'break-glass-denied', ticket: 'INC-1' },
    ]);
    expect(tried(pending(), 1, { reason: '' })).toEqual([{ ...refused, because: 'reason-required' }]);
    expect(tried(broken(), 1)).toEqual([{ ...said, because: 'already-decided' }]);
    const stop: Stop = { id: 'stp_1', scope: { all: true }, by: 'x', by_name: 'X', reason: 'r', at: T0 };
    expect(tried(pending(), 1, {}, stop)).toEqual([
      { ...said, because: 'stopped' },
      expect.objectContaining({ type: 'decision.stopped' }),
    ]);
  });

  it('is on the record when it comes too late, behind the end', () => {
    const command: Command = { type: 'break_glass', ...breaking() };
    expect(run(pending(), command, 90_000)).toMatchObject({
      types: ['decision.expired', 'break_glass.refused'],
      refused: { code: 'expired' },
    });
    expect(run(broken(), command, 900).types).toEqual(['grant.expired', 'break_glass.refused']);
  });

  it('is what policy says, and an hour at the very most', () => {
    const lasts = (more: Partial<Breaking>) => Date.parse(broken(more).broke_glass!.at) && broken(more);
    expect(lasts({ wanted_s: 60 })).toMatchObject({ grant: { expires_at: later(60) } });
    expect(lasts({ wanted_s: 10_000 })).toMatchObject({ grant: { expires_at: later(900) } });
    const long = said('require_approval', [rule({ duration_s: 50_000 })]);
    expect(lasts({ verdict: long })).toMatchObject({ grant: { expires_at: later(3_600) } });
  });

  it.each<[string, Partial<Breaking>, string]>([
    ['without a reason', { reason: ' ' }, 'reason-required'],
    ['for what policy allows', { verdict: said('allow') }, 'not-needed'],
    ['without a rule', { verdict: said('require_approval', []) }, 'break-glass-denied'],
    ['where policy was not asked about it', { verdict: verdict() }, 'break-glass-denied'],
    ['by somebody whom no rule names', { by: DANA }, 'break-glass-denied'],
    ['by a guest', { by: { ...OLU, guest: true } }, 'break-glass-denied'],
    ['by a disabled account', { by: { ...OLU, disabled: true } }, 'break-glass-denied'],
    ['against a guardrail', { verdict: said('deny', [rule({ overrides: ['deny'] })], true) }, 'guardrail'],
    ['against a denial, unless the rule says so', { verdict: said('deny') }, 'policy-denies'],
    ['while nobody answers for the agent', { owner_missing: true }, 'owner-missing'],
    ['while a review of the same person is overdue', { overdue: true }, 'review-overdue'],
    ['when nobody could review it', { reviewers: [] }, 'nobody-reviews'],
    ['when only the person could review it', { reviewers: [person('olu', ['security'])] }, 'nobody-reviews'],
  ])('is not possible %s', (_, more, code) => expect(refusal(more)).toBe(code));

  it('beats a denial and an overdue review where policy says so, and is marked', () => {
    const rules = [rule({ overrides: ['deny'], while_overdue: true })];
    const decision = broken({ verdict: said('deny', rules), overdue: true, owner: 'sam' });
    expect(decision.broke_glass).toMatchObject({ overrode: 'deny' });
    expect(renderCard(decision).outcome).toContain('against a denial of policy');
    expect(run(decision, redeem({ verdict: said('deny', rules) })).types).toEqual(['grant.redeemed']);
  });

  it('may be done by the owner of the agent: that is what it is for', () => {
    const sam = { ...SAM, groups: ['oncall'] };
    expect(broken({ by: sam, owner: 'sam' }).broke_glass).toMatchObject({ by: 'sam' });
  });

  it('takes the stricter of what several rules say', () => {
    const other = rule({
      ...{ rule: 'other', duration_s: 60, uses: 3, notify: ['dba'], overrides: ['deny'], while_overdue: true },
      review: { groups: ['audit'], within_s: 60 },
    });
    expect(breakTerms(said('deny', [other, { ...other, rule: 'third' }]), OLU)).toMatchObject({ while_overdue: true });
    expect(breakTerms(said('require_approval', [rule({ overrides: ['deny'] }), other]), OLU)).toMatchObject({
      ...{ rule: 'incident', duration_s: 60, uses: 1, notify: ['security', 'dba'], overrides: ['deny'] },
      ...{ while_overdue: false, review: { groups: ['security', 'audit'], within_s: 60 } },
    });
  });

  it('is known to those it concerns, and carries what policy counts', () => {
    const counts = [{ counter: 'deletes', amount: 5 }];
    const decision = broken({ verdict: { ...said('require_approval'), counts, flow: ['irreversible'] } });
    expect(decision).toMatchObject({ counts, flow: ['irreversible'] });
    expect([OLU, VERA, SAM, DANA].map((one) => isConcerned(decision, one))).toEqual([true, true, true, false]);
    const made = breakGlassAnew({ ...opening, history: { counters: {} } }, breaking(), T0);
    expect('events' in made && made.events[0]).toMatchObject({ history: { counters: {} } });
  });
});

describe('a grant of a broken glass', () => {
  it.each<[string, Partial<Redeem>, string]>([
    ['a guardrail forbids it now', { verdict: said('deny', [rule({ overrides: ['deny'] })], true) }, 'policy-denies'],
    ['policy denies it now', { verdict: said('deny') }, 'policy-denies'],
    [
      'policy denies it now, and would let the glass be broken anew',
      { verdict: said('deny', [rule({ overrides: ['deny'] })]) },
      'policy-denies',
    ],
    ['the person may no longer', { breaker: { ...OLU, groups: [] } }, 'approver-gone'],
    ['the person is gone', { breaker: undefined }, 'approver-gone'],
    ['the action differs', { action_digest: 'x' }, 'action-differs'],
  ])('is refused when %s', (_, more, code) => {
    expect(run(broken(), redeem(more as Partial<Redeem>)).refused).toMatchObject({ code });
  });

  it('works when policy has come to allow it for everybody', () => {
    expect(run(broken(), redeem({ verdict: said('allow'), breaker: { ...OLU, groups: [] } })).types).toEqual([
      'grant.redeemed',
    ]);
  });

  it('expires, can be revoked, and its card says that the glass was broken', () => {
    expect(renderCard(run(broken(), { type: 'expire' }, 900).after).outcome).toMatch(
      /^GLASS BROKEN .* Expired: it was not used\./,
    );
    const revoked = run(broken(), { type: 'revoke', by: DANA, reason: 'no' }).after;
    expect(renderCard(revoked).outcome).toMatch(/^GLASS BROKEN .* Revoked by Dana: no Review by/);
    const twice = broken({ verdict: said('require_approval', [rule({ uses: 2 })]) });
    expect(renderCard(run(twice, redeem()).after).outcome).toContain('Used once of 2.');
  });
});

describe('its review', () => {
  const excludedPeople = [
    ['whoever broke the glass', { ...OLU, groups: ['oncall', 'security'] }],
    ['another account of theirs', person('olu.admin', ['security'], { also: ['olu'] })],
    ['the owner of the agent', { ...SAM, groups: ['security'] }],
    ['the principal', { ...LEE, groups: ['security'] }],
    ['somebody of another group', ANA],
    ['a guest', { ...VERA, guest: true }],
  ] as const;
  it.each(excludedPeople)('is not closed by %s', (_, by) => {
    const { types, refused } = run(broken(), { ...close, by } as Command);
    expect([types, refused?.code]).toEqual([[], 'not-reviewer']);
  });

  it('is not closed by whoever owns the agent by now', () => {
    expect(run(broken(), { ...close, owner: 'vera' } as Command).refused).toMatchObject({ code: 'not-reviewer' });
  });

  it('is closed once, with a comment, by somebody who had no part in it, whatever became of the grant', () => {
    const lapsed = run(broken(), { type: 'expire' }, 900).after;
    expect(run(lapsed, { ...close, comment: ' ' } as Command).refused).toMatchObject({ code: 'reason-required' });
    const closed = run(broken(), close, 5_000);
    expect(closed.types).toEqual(['review.closed']);
    expect(closed.after).toMatchObject({ status: 'ALLOWED', review: { closed: { by: 'vera', finding: 'justified' } } });
    expect(renderCard(closed.after).outcome).toContain('Reviewed by Vera: justified. it was down');
    expect(run(closed.after, { ...close, by: WILL } as Command).refused).toMatchObject({ code: 'review-closed' });
    expect(run(allowed(true), close).refused).toMatchObject({ code: 'no-review' });
    const found = run(lapsed, { ...close, finding: 'not_justified' } as Command, 1_000).after;
    expect(renderCard(found).outcome).toContain('NOT justified');
  });

  it('is overdue once, only when its time is over and nobody has closed it', () => {
    expect(run(broken(), { type: 'overdue_review' }, 86_399).types).toEqual([]);
    const late = run(broken(), { type: 'overdue_review' }, 86_400);
    expect(late.types).toEqual(['review.overdue']);
    expect(renderCard(late.after).outcome).toContain('OVERDUE since 2026-11-21 14:00 UTC');
    expect(run(late.after, { type: 'overdue_review' }, 90_000).types).toEqual([]);
    expect(run(run(broken(), close).after, { type: 'overdue_review' }, 90_000).types).toEqual([]);
    expect(run(pending(), { type: 'overdue_review' }, 10).types).toEqual([]);
    expect(run(late.after, close, 90_000).types).toEqual(['review.closed']);
  });

  it('events without a beginning, or of another story, change nothing', () => {
    const [event] = run(pending(), { type: 'break_glass', ...breaking() }).types;
    expect(event).toBe('decision.broke_glass');
    const { events } = decide(pending(), { type: 'break_glass', ...breaking() }, later(1));
    const at = { at: T0, decision_id: 'dec_1', version: 9 };
    expect(evolve(undefined, { ...at, type: 'decision.broke_glass', data: events[0]! })).toBeUndefined();
    for (const type of ['decision.broke_glass', 'review.overdue', 'review.closed'])
      expect(evolve(allowed(true), { ...at, type, data: events[0]! })).toMatchObject({
        status: 'ALLOWED',
        grant: { id: 'grt_1' },
      });
    expect(renderCard({ ...broken(), review: undefined } as unknown as Decision).outcome).not.toContain('Review');
  });
});

it('whatever people and policy do in whatever order: no guardrail and no stop is beaten, no grant is used twice, and no review closed by who had a part', () => {
  const people = [
    OLU,
    VERA,
    WILL,
    SAM,
    LEE,
    DANA,
    BEN,
    { ...OLU, groups: ['oncall', 'security'] },
    { ...SAM, groups: ['security'] },
  ];
  const stop: Stop = { id: 'stp_1', scope: { all: true }, by: 'x', by_name: 'X', reason: 'r', at: T0 };
  const verdicts = fc.record({
    effect: fc.constantFrom<Effect>('allow', 'deny', 'require_approval'),
    guarded: fc.boolean(),
    rules: fc.subarray([rule(), rule({ overrides: ['deny'] }), rule({ groups: ['dba'] })]),
  });
  const step = fc.record({
    what: fc.constantFrom('break_glass', 'redeem', 'close_review', 'overdue_review', 'expire', 'stop'),
    who: fc.constantFrom(...people),
    verdict: verdicts,
    stopped: fc.boolean(),
    seconds: fc.constantFrom(0, 1, 1_000, 90_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let decision: Decision = pending();
      let uses = 0;
      let seconds = 0;
      for (const { what, who, verdict: given, stopped, seconds: more } of steps) {
        seconds += more;
        const told = said(given.guarded ? 'deny' : given.effect, given.rules, given.guarded);
        const commands: Record<string, Command> = {
          break_glass: { type: 'break_glass', ...breaking({ by: who, verdict: told }) },
          redeem: redeem({ verdict: told, breaker: who }),
          close_review: { ...close, by: who } as Command,
          overdue_review: { type: 'overdue_review' },
          expire: { type: 'expire' },
          stop: { type: 'stop' },
        };
        const { types, after: next } = run(decision, commands[what]!, seconds, stopped ? stop : undefined);
        const permits = types.includes('decision.broke_glass') || types.includes('grant.redeemed');
        if (permits) expect([stopped, given.guarded]).toEqual([false, false]);
        if (types.includes('grant.redeemed')) uses += 1;
        if (types.includes('review.closed')) {
          expect(['vera', 'will', 'olu']).toContain(who.id);
          expect(who.id).not.toBe(decision.broke_glass!.by);
          expect(who.groups).toContain('security');
        }
        decision = next;
      }
      expect(uses).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2_000 },
  );
});

it('what a recorded event does not say is not made up', () => {
  const made = breakGlassAnew(opening, breaking(), T0);
  if ('refused' in made) throw new Error(made.refused.text);
  const [{ obligations: _, ...silent }, ...rest] = made.events as [
    DecisionEvent & { obligations?: unknown },
    DecisionEvent,
  ];
  expect(after([silent as DecisionEvent, ...rest])).toMatchObject({ status: 'ALLOWED', obligations: [] });
});
