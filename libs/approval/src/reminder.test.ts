import { describe, expect, it } from 'vitest';
import { act, ANA, BEN, DANA, EVERYONE, later, pending, person, terms, verdict, vote } from '../test/office.js';
import { callOf, renderReminder, standInNotice } from './reminder.js';
import type { ApprovalEscalated, ApprovalReminded } from './event.js';
import type { Pending } from './state.js';
import type { ApprovalTerms } from './verdict.js';

const both = (more: Partial<ApprovalTerms> = {}) =>
  pending({
    verdict: verdict({
      approval: terms({
        seats: [
          { group: 'dba', count: 1 },
          { group: 'finance', count: 1 },
        ],
        ...more,
      }),
    }),
  });
const reminded = (decision: Pending, members = EVERYONE, owner?: string) => {
  const { events } = act(decision, { type: 'remind', members, ...(owner ? { owner } : {}) }, later(450));
  return events[0] as ApprovalReminded;
};
const named = (event: ApprovalReminded) => event.people!.map(({ id, groups }) => [id, ...groups]);

describe('a reminder names', () => {
  it('who may answer and has not, with the groups that have places left', () => {
    expect(named(reminded(both()))).toEqual([
      ['dana', 'dba'],
      ['ben', 'dba', 'finance'],
      ['ana', 'finance'],
    ]);
    const half = act(both(), vote(DANA)).decision as Pending;
    expect(named(reminded(half))).toEqual([
      ['ben', 'finance'],
      ['ana', 'finance'],
    ]);
  });

  it('nobody who has denied, is disabled, or owns the agent by now', () => {
    const denied = act(both({ deny_quorum: 2 }), vote(BEN, { vote: 'deny', reason: 'no' })).decision as Pending;
    const members = [DANA, BEN, { ...ANA, disabled: true }];
    expect(named(reminded(denied, members))).toEqual([['dana', 'dba']]);
    expect(named(reminded(both(), [DANA, ANA], 'dana'))).toEqual([['ana', 'finance']]);
  });

  it('a hundred people at most, with where they can be spoken to', () => {
    const accounts = Array.from({ length: 6 }, (_, i) => ({ channel: 'slack' as const, account: `T0/U${i}` }));
    const many = Array.from({ length: 150 }, (_, i) => person(`p${i}`, ['dba'], { accounts }));
    const large = pending({ members: many });
    const { people } = reminded(large, many);
    expect(people).toHaveLength(100);
    expect(people![0]!.accounts).toEqual(accounts.slice(0, 4));
  });
});

describe('an escalation calls', () => {
  const slack = (user: string) => ({ channel: 'slack' as const, account: `T0/${user}` });
  const EVE = person('eve', ['security'], { accounts: [slack('U0EVE'), { channel: 'teams', account: 't/eve' }] });
  const KIM = person('kim', ['ops'], {
    accounts: [slack('U0KIM')],
    stands_in: [{ group: 'security', for: 'eve', name: 'Eve', groups: ['security'] }],
  });
  const climb = (more: Partial<ApprovalTerms> = {}) => {
    const escalate = [{ after_s: 60, seats: [{ group: 'security', count: 1 }] }];
    const decision = pending({ verdict: verdict({ approval: terms({ escalate, ...more }) }) });
    const command = { type: 'escalate' as const, members: [EVE, KIM, person('fay', ['security'])], destinations: [] };
    return act(decision, command, later(60)).events[0] as ApprovalEscalated;
  };

  it('everybody who is asked by where they can be spoken to, and says for whom they stand in', () => {
    expect(climb().asked).toEqual([
      { id: 'eve', name: 'Eve', groups: ['security'], accounts: EVE.accounts },
      { id: 'kim', name: 'Kim', groups: ['security'], accounts: KIM.accounts, standing_in: ['Eve'] },
      { id: 'fay', name: 'Fay', groups: ['security'] },
    ]);
    const call = callOf(climb().asked)!;
    expect(call.people.map(({ id, accounts }) => [id, accounts.length])).toEqual([
      ['eve', 2],
      ['kim', 1],
      ['fay', 0],
    ]);
    expect(renderReminder(pending(), call, ['security']).text).toBe('This is not decided yet. Now asked as well: ');
  });

  it('nobody where policy does not let them be asked, and nobody who cannot be spoken to', () => {
    expect(climb({ channels: ['teams'] }).asked.map(({ accounts }) => accounts)).toEqual([
      [{ channel: 'teams', account: 't/eve' }],
      undefined,
      undefined,
    ]);
    expect(callOf([{ id: 'fay', name: 'Fay', groups: ['security'] }])).toBeUndefined();
  });

  it('by themselves those who hold the seats of others, from the beginning, without payload', () => {
    const ZOE = { ...KIM, stands_in: [{ group: 'dba', for: 'dana', name: 'Dana\u202e', groups: ['dba'] }] };
    const decision = pending({ members: [...EVERYONE, ZOE] });
    const zoe = decision.approval.asked.find(({ id }) => id === 'kim')!;
    expect(zoe).toMatchObject({ accounts: KIM.accounts, standing_in: ['Dana\u202e'] });
    expect(decision.approval.asked.filter(({ accounts }) => accounts)).toEqual([zoe]);
    expect(standInNotice(decision, zoe)).toBe(
      `release-bot needs an approval (high risk). You stand in for Dana⟨U+202E⟩ in dba: ${decision.id}.`,
    );
    expect(standInNotice(decision, DANA as never)).not.toContain('undefined');
  });
});

describe('what a reminder says', () => {
  const say = (event: Pick<ApprovalReminded, 'people'>, groups: string[], decision = both()) =>
    renderReminder(decision, event, groups);

  it('is for those who are asked where it is said, and have not answered meanwhile', () => {
    const event = reminded(both());
    expect(say(event, ['finance']).people.map(({ id }) => id)).toEqual(['ben', 'ana']);
    const after = act(both(), vote(ANA)).decision as Pending;
    expect(say(event, ['finance'], after).people.map(({ id }) => id)).toEqual(['ben']);
    expect(say(event, ['finance'])).toMatchObject({
      notice: 'release-bot still needs an approval (high risk)',
      headline: 'Delete 12,480 rows from prod.orders',
      text: 'This is not decided yet. Still asked: ',
      expires_at: later(900),
      otherwise: 'Without an answer it is denied.',
    });
  });

  it('holds no payload that policy hides, and no letters that are not seen', () => {
    const hiding = both({ redact: ['/arguments/rows'] });
    const event = { people: [{ id: 'x', name: 'Eve\u202e', groups: ['dba'], accounts: [] }] };
    const { headline, people } = say(event, ['dba'], hiding);
    expect(headline).not.toContain('12,480');
    expect(people[0]!.name).not.toContain('\u202e');
  });

  it('names nobody where nobody was named', () => {
    expect(say({}, ['dba'])).toMatchObject({ text: 'This is not decided yet.', people: [] });
  });
});
