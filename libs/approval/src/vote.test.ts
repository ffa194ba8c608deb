import { describe, expect, it } from 'vitest';
import {
  act,
  AGENT,
  ANA,
  approved,
  BEN,
  DANA,
  deny,
  DIGEST,
  fold,
  holding,
  later,
  LEE,
  pending,
  person,
  play,
  redeeming,
  REQUEST,
  SAM,
  terms,
  verdict,
  vote,
  type Situation,
} from '../test/office.js';
import type { Person } from './request.js';

const two = {
  verdict: verdict({
    approval: terms({
      seats: [
        { group: 'dba', count: 1 },
        { group: 'finance', count: 1 },
      ],
    }),
  }),
};
const twoOfOne = { verdict: verdict({ approval: terms({ seats: [{ group: 'dba', count: 2 }] }) }) };
const acting = (act: unknown): Situation => ({
  request: { ...REQUEST, subject: { ...REQUEST.subject, properties: { act } } },
});
const excluding = (...exclude: string[]): Situation => ({ verdict: verdict({ approval: terms({ exclude }) }) });

describe('nobody approves their own wish', () => {
  const deep = Array.from({ length: 15 }).reduce<object>((inner, _, i) => ({ sub: `s${i}`, id: `i${i}`, act: inner }), {
    sub: 'ben',
  });
  it.each<[string, Person, Situation, string]>([
    ['the owner of the agent', SAM, {}, 'self-approval'],
    ['the principal', LEE, {}, 'self-approval'],
    [
      'a caller that submitted it for the agent',
      BEN,
      { request: { ...REQUEST, submitted_by: 'ben' } },
      'self-approval',
    ],
    [
      'a person who is the subject',
      BEN,
      { request: { ...REQUEST, subject: { type: 'user', id: 'ben' } } },
      'self-approval',
    ],
    ['the actor that delegated', BEN, acting({ sub: 'ben' }), 'self-approval'],
    ['an actor deeper in the chain', BEN, acting({ sub: 'x', act: { id: 'ben' } }), 'self-approval'],
    ['an actor at the end of a long chain', BEN, acting(deep), 'self-approval'],
    ['an actor in a list', BEN, acting([{ sub: 'x' }, { sub: 'ben' }]), 'self-approval'],
    ['an actor named by id alone', BEN, acting({ sub: 'x', act: 'ben' }), 'self-approval'],
    ['a person whom policy excludes', BEN, excluding('ben'), 'excluded'],
    ['a member of a group that policy excludes', BEN, excluding('finance'), 'excluded'],
  ])('%s has no vote', (_, who, situation, code) => {
    const { decision, refused, events } = act(pending(situation), vote(who));
    expect(refused?.code).toBe(code);
    expect(refused?.text).toContain('someone else has to decide');
    expect(decision.status).toBe('PENDING');
    expect(events).toEqual([{ type: 'vote.refused', voter: who.id, vote: 'approve', because: code, channel: 'api' }]);
  });

  it('one who has no vote may not deny either', () => {
    expect(act(pending(), deny(SAM)).refused?.code).toBe('self-approval');
  });

  it('an administrator is a person like any other', () => {
    expect(SAM.groups).toContain('admins');
    expect(act(pending(), vote(SAM)).refused?.code).toBe('self-approval');
  });

  it.each([
    ['in case', 'BEN'],
    ['in width', 'ｂｅｎ'],
    ['by an invisible character', 'b\u200Ben'],
    ['by a space at the end', 'ben '],
    ['by a lower case that only meets in upper case', 'STRAUSS', person('strauß', ['dba'])],
    ['in normalisation', 'zoe\u0301', person('zo\u00E9', ['dba'])],
  ])('an id that differs only %s excludes the same person', (_, written, who = BEN) => {
    for (const situation of [
      { request: { ...REQUEST, principal: written } },
      { agent: { ...AGENT, owner: written } },
      acting({ sub: written }),
      excluding(written),
    ]) {
      expect(act(pending(situation), vote(who)).refused).toBeDefined();
    }
  });

  it('an agent cannot unmake an excluded group by naming it as its principal', () => {
    const situation = { ...excluding('finance'), request: { ...REQUEST, principal: 'finance' } };
    expect(act(pending(situation), vote(BEN)).refused?.code).toBe('excluded');
  });

  it('whoever takes over the agent while its request waits owns the request too', () => {
    const { refused } = act(pending(), vote(DANA, { owner: 'dana' }));
    expect(refused?.code).toBe('self-approval');
    expect(refused?.text).toContain('You own the agent');
    // And giving it away does not wash the wish.
    expect(act(pending(), vote(SAM, { owner: 'dana' })).refused?.code).toBe('self-approval');
  });

  it('says who was asked instead, without the person it speaks to', () => {
    expect(act(pending(), vote(SAM)).refused?.text).toBe(
      'You own the agent that asks, so someone else has to decide. Asked: Dana, Ben.',
    );
    const many = Array.from({ length: 8 }, (_, i) => person(`p${i}`, ['dba'], { name: `P${i}\u202E` }));
    expect(act(pending({ members: many }), vote(SAM)).refused?.text).toMatch(/Asked: P0⟨U\+202E⟩, .* and 3 more\.$/);
    expect(act(pending({ members: [DANA] }), vote({ ...DANA, groups: [] })).refused?.text).toMatch(
      /not in that group\.$/,
    );
  });
});

describe('who may vote', () => {
  it('nobody approves what an agent asks that nobody answers for; it may be denied', () => {
    const { refused, decision } = act(pending(), vote(DANA, { owner_missing: true }));
    expect([refused?.code, decision.status]).toEqual(['owner-missing', 'PENDING']);
    const denied = vote(DANA, { vote: 'deny', reason: 'no', owner_missing: true });
    expect(act(pending(), denied).decision.status).toBe('DENIED');
  });

  it.each<[string, Person, string]>([
    ['a guest', { ...DANA, guest: true }, 'guest'],
    ['a disabled account', { ...DANA, disabled: true }, 'disabled'],
    ['a disabled guest', { ...DANA, guest: true, disabled: true }, 'disabled'],
    ['somebody of another group', ANA, 'not-asked'],
    ['somebody of no group', person('joe', []), 'not-asked'],
    ['somebody who has left the group since they were asked', { ...DANA, groups: [] }, 'not-asked'],
  ])('%s may not', (_, who, code) => {
    const { decision, refused } = act(pending(), vote(who));
    expect(refused?.code).toBe(code);
    expect(decision.status).toBe('PENDING');
  });

  it('somebody who joined the group after the request was made may only where policy says so', () => {
    const eve = person('eve', ['dba']);
    expect(act(pending(), vote(eve)).refused?.code).toBe('joined-later');
    const late = { verdict: verdict({ approval: terms({ late_members: true }) }) };
    expect(act(pending(late), vote(eve)).decision.status).toBe('ALLOWED');
  });

  it('a request to more people than the record has room for bars nobody who joins', () => {
    const members = Array.from({ length: 400 }, (_, i) =>
      person(`someone-with-quite-a-long-name-${i}@acme.example`, ['dba']),
    );
    expect(act(pending({ members }), vote(person('eve', ['dba']))).decision.status).toBe('ALLOWED');
  });

  it('names every group once, and inertly, to those who are in none', () => {
    const seats = [
      { group: 'd\u202Eba', count: 1 },
      { group: 'd\u202Eba', count: 1 },
      { group: 'finance', count: 1 },
    ];
    const members = [person('x', ['d\u202Eba']), person('y', ['d\u202Eba']), ANA];
    const waiting = pending({ members, verdict: verdict({ approval: terms({ seats }) }) });
    expect(act(waiting, vote(DANA)).refused?.text).toContain('This needs someone from d⟨U+202E⟩ba or finance,');
    expect(act(waiting, vote(members[0]!)).events).toMatchObject([{ type: 'vote.cast', groups: ['d\u202Eba'] }]);
  });
});

describe('one person is one vote', () => {
  it('one person in two groups fills one seat', () => {
    const { decision } = act(pending(two), vote(BEN));
    expect(decision.status).toBe('PENDING');
    expect(act(decision, vote(ANA)).decision.status).toBe('ALLOWED');
  });

  it.each([
    ['the same channel', vote(BEN)],
    ['another channel', vote(BEN, { channel: 'slack', submitted_by: 'notifier' })],
    ['another spelling of the same id', vote({ ...BEN, id: 'Ben' })],
  ])('a second vote does not count: %s', (_, again) => {
    const { decision, refused, events } = play(pending(twoOfOne), vote(BEN), again);
    expect(refused?.code).toBe('already-voted');
    expect(decision.status).toBe('PENDING');
    expect(events).toHaveLength(1);
    expect(decision.approval?.votes).toHaveLength(1);
  });

  it.each([
    ['in one account', BEN],
    ['in two accounts of one human being', { ...DANA, also: ['ben'] }],
  ])('two votes of one person fill one seat: %s', (_, second) => {
    const { decision, refused } = play(pending(twoOfOne), vote(BEN), vote(second));
    expect(refused?.code).toBe('already-voted');
    expect(decision.status).toBe('PENDING');
  });

  it('accounts that are linked after both have voted are one vote at the next, and at redemption', () => {
    const three = { verdict: verdict({ approval: terms({ seats: [{ group: 'dba', count: 3 }] }) }) };
    const [eve, zoe] = [person('eve', ['dba']), person('zoe', ['dba'])];
    const members = [DANA, BEN, eve, zoe];
    const linked = [{ ...DANA, also: ['ben'] }, BEN];
    const two = play(pending({ ...three, members }), vote(DANA), vote(BEN)).decision;
    const more = act(two, vote(eve, { earlier: linked })).decision;
    expect(more.status).toBe('PENDING');
    expect(act(more, vote(zoe, { earlier: [...linked, eve] })).decision.status).toBe('ALLOWED');
    const approved = play(pending(twoOfOne), vote(DANA), vote(BEN)).decision;
    expect(act(approved, redeeming({ approvers: linked })).refused?.code).toBe('approver-gone');
  });

  it('a linked account does not get past an exclusion', () => {
    expect(act(pending(), vote({ ...DANA, also: ['SAM'] })).refused?.code).toBe('self-approval');
    expect(act(pending(), vote({ ...DANA, also: ['dora'] }, { owner: 'Dora' })).refused?.code).toBe('self-approval');
    expect(act(pending(excluding('dora')), vote({ ...DANA, also: ['dora'] })).refused?.code).toBe('excluded');
  });

  it('somebody who fits two seats never blocks a quorum that could be met', () => {
    // Ben is tried for dba first; he must move to finance when only Dana is left for dba.
    const { decision } = play(pending(two), vote(BEN), vote(DANA));
    expect(decision.status).toBe('ALLOWED');
    expect(decision.approval?.votes.map(({ voter, seat }) => [voter, seat])).toEqual([
      ['ben', 'finance'],
      ['dana', 'dba'],
    ]);
  });

  it('an approval too many for one seat does not fill another, and does not get in the way', () => {
    const eve = person('eve', ['dba']);
    const all = { ...two, members: [DANA, BEN, ANA, eve] };
    const { decision } = play(pending(all), vote(DANA), vote(eve), vote(BEN, { vote: 'approve' }));
    expect(decision.status).toBe('ALLOWED');
    expect(decision.approval?.votes.filter(({ seat }) => seat !== undefined)).toHaveLength(2);
    const { decision: stuck } = play(pending(all), vote(DANA), vote(eve));
    expect(stuck.status).toBe('PENDING');
  });

  it('records the groups of the moment, the channel, who brought it and what was seen', () => {
    const command = vote(BEN, {
      channel: 'slack',
      submitted_by: 'notifier',
      seen_digest: DIGEST,
      card_digest: 'c',
      opened_details: false,
      considered_s: 0,
      reason: 'ok',
    });
    expect(act(pending(), command).events).toEqual([
      {
        type: 'vote.cast',
        voter: 'ben',
        voter_name: 'Ben',
        vote: 'approve',
        groups: ['dba'],
        channel: 'slack',
        submitted_by: 'notifier',
        seen_digest: DIGEST,
        card_digest: 'c',
        opened_details: false,
        considered_s: 0,
        reason: 'ok',
      },
      {
        type: 'decision.approved',
        approvers: [{ id: 'ben', name: 'Ben', seat: 'dba' }],
        grant: { id: 'grt_1', expires_at: later(601), uses: 1 },
      },
    ]);
    const refused = act(pending(), vote(SAM, { channel: 'slack', submitted_by: 'notifier' }));
    expect(refused.events).toMatchObject([{ type: 'vote.refused', submitted_by: 'notifier' }]);
  });
});

describe('a vote counts only while its voter could still cast it', () => {
  const EVE = person('eve', ['dba']);
  const first = act(pending({ ...twoOfOne, members: [DANA, BEN, EVE] }), vote(DANA)).decision;
  it.each<[string, readonly Person[]]>([
    ['left the group', [{ ...DANA, groups: ['finance'] }]],
    ['was disabled', [{ ...DANA, disabled: true }]],
    ['became a guest', [{ ...DANA, guest: true }]],
    ['was removed', []],
  ])('an approver who %s before the quorum was complete is not part of it', (_, earlier) => {
    const { decision, events } = act(first, vote(BEN, { earlier }));
    expect(decision.status).toBe('PENDING');
    expect(events).toMatchObject([{ type: 'vote.cast', voter: 'ben' }]);
    // A third may still complete it with those who are left.
    expect(act(decision, vote(EVE, { earlier: [BEN] })).decision.status).toBe('ALLOWED');
  });

  it('nor is one who has taken over the agent', () => {
    expect(act(first, vote(BEN, { earlier: [DANA], owner: 'dana' })).decision.status).toBe('PENDING');
  });

  it('a denial on the record is never taken for an approval', () => {
    const { decision } = act(pending(twoOfOne), deny(DANA));
    const denied = fold([holding(twoOfOne), { ...decision.approval!.votes[0]!, type: 'vote.cast' }])!;
    expect(denied).toMatchObject({ status: 'PENDING', approval: { votes: [{ vote: 'deny' }] } });
    expect(act(denied, vote(BEN)).decision.status).toBe('PENDING');
  });

  it('an approver who is still there is', () => {
    expect(act(first, vote(BEN, { earlier: [DANA] })).decision.status).toBe('ALLOWED');
  });
});

describe('what was seen is what is decided', () => {
  it('a vote on another digest does not count', () => {
    const other = `m${DIGEST.slice(1)}`;
    const { decision, refused } = act(pending(), vote(DANA, { seen_digest: other }));
    expect(refused?.code).toBe('changed');
    expect(decision.status).toBe('PENDING');
  });

  it.each([
    ['nothing', undefined],
    ['the empty text', ''],
    ['spaces', ' \n\t '],
    ['what is not seen', '\u200B\u2800\u202E\u0301'],
  ])('%s is no reason: not to deny, and not to approve where one is asked for', (_, reason) => {
    const reasoned = { verdict: verdict({ approval: terms({ reason_required: true }) }) };
    expect(act(pending(), vote(DANA, { vote: 'deny', reason })).refused?.code).toBe('reason-required');
    expect(act(pending(reasoned), vote(DANA, { reason })).refused?.text).toContain('required to approve');
    expect(act(pending(), vote(DANA, { reason })).refused).toBeUndefined();
  });

  it('one eligible person is enough to deny, and is heard', () => {
    const { decision, events } = play(pending(two), vote(ANA), deny(BEN, 'wrong table'));
    expect(decision).toMatchObject({ status: 'DENIED', denied_by: { id: 'ben', name: 'Ben', reason: 'wrong table' } });
    expect(events.map(({ type }) => type)).toEqual(['vote.cast', 'decision.rejected']);
  });
});

describe('hold', () => {
  it('writes down who was asked, who is excluded and why, and for how long', () => {
    const request = {
      ...REQUEST,
      submitted_by: 'gateway',
      subject: { ...REQUEST.subject, properties: { act: { sub: 'Lee' } } },
    };
    expect(holding({ request, verdict: verdict({ approval: terms({ exclude: ['ana', 'sam'] }) }) })).toMatchObject({
      type: 'decision.held',
      expires_at: later(900),
      excluded: [
        { id: 'sam', because: 'owner' },
        { id: 'lee', because: 'principal' },
        { id: 'gateway', because: 'requester' },
        { id: 'release-bot', because: 'requester' },
        { id: 'ana', because: 'policy' },
        { id: 'sam', because: 'policy' },
      ],
      asked: [
        { id: 'dana', name: 'Dana', groups: ['dba'] },
        { id: 'ben', name: 'Ben', groups: ['dba'] },
      ],
      grant: { expires_in_s: 600, uses: 1 },
    });
  });

  it.each<[string, Situation, string]>([
    ['exclusions leave nobody', { members: [SAM, LEE] }, 'dba needs 1 and has 0'],
    [
      'guests and the disabled are all there is',
      {
        members: [
          { ...DANA, guest: true },
          { ...BEN, disabled: true },
        ],
      },
      'dba needs 1 and has 0',
    ],
    ['one person would have to sit twice', { ...two, members: [BEN] }, 'finance needs 1 and has 0'],
    ['the group is too small', { ...twoOfOne, members: [DANA, SAM] }, 'dba needs 2 and has 1'],
    [
      'two seats of one group need two people',
      {
        members: [DANA],
        verdict: verdict({
          approval: terms({
            seats: [
              { group: 'dba', count: 1 },
              { group: 'dba', count: 1 },
            ],
          }),
        }),
      },
      'dba needs 2 and has 1',
    ],
    [
      'the same person is listed twice',
      { ...twoOfOne, members: [DANA, { ...DANA, id: 'DANA' }] },
      'dba needs 2 and has 1',
    ],
    ['no seat is named', { verdict: verdict({ approval: terms({ seats: [] }) }) }, 'it names no seat'],
  ])('denies at once, and says so, when %s', (_, situation, text) => {
    const event = holding(situation);
    expect(event.type).toBe('decision.denied');
    expect(event.reasons[0]).toMatchObject({ rule: 'nobody-eligible' });
    expect(event.reasons[0]!.text).toContain(text);
    expect(event.reasons[1]).toEqual({ rule: 'bulk-delete', text: 'deletes more than 100 rows' });
  });

  it('a chain of delegation too long to work through is not put before people', () => {
    const chain = (length: number) => acting(Array.from({ length }, (_, i) => ({ sub: `s${i}`, id: `s${i}` })));
    expect(holding(chain(32)).type).toBe('decision.held');
    expect(holding(chain(33))).toMatchObject({
      type: 'decision.denied',
      reasons: [{ rule: 'delegation-too-long' }, {}],
    });
  });

  it('neither a crowd nor a chain makes an event too large for the ledger', () => {
    const members = Array.from({ length: 5_000 }, (_, i) => person(`person${i}@acme.example`, ['dba']));
    const act = Array.from({ length: 32 }, (_, i) => ({ sub: `${i}`.padEnd(256, 'x'), id: 'y'.repeat(10_000) }));
    const event = holding({ ...acting(act), members });
    if (event.type !== 'decision.held') throw new Error('it is not held');
    const { request: _, ...rest } = event;
    expect(JSON.stringify(rest).length).toBeLessThan(25_000);
    expect(event.asked).toHaveLength(100);
  });

  it('asks only in the channels that policy allows', () => {
    const channels = (...names: string[]) => {
      const event = holding({ verdict: verdict({ approval: terms({ channels: names }) }) });
      return event.type === 'decision.held' ? event.destinations.map(({ channel }) => channel) : [];
    };
    expect(channels()).toEqual(['slack', 'teams']);
    expect(channels('teams')).toEqual(['teams']);
    expect(channels('pager')).toEqual([]);
  });

  it('promises as many uses as policy says', () => {
    const many = pending({ verdict: verdict({ grant: { expires_in_s: 60, uses: 5 } }) });
    expect(many.approval.grant).toEqual({ expires_in_s: 60, uses: 5 });
    expect(act(many, vote(DANA)).decision).toMatchObject({ grant: { uses: 5 } });
  });

  it('a held request without an owner name has none in its record', () => {
    const { owner_name: _, ...agent } = AGENT;
    expect(holding({ agent }).agent).toEqual({ owner: 'sam', groups: ['ci'] });
  });

  it('a verdict without terms is a bug of the caller, not an approval', () => {
    expect(() => holding({ verdict: verdict({ approval: undefined }) })).toThrow(TypeError);
  });

  it('a second approval after the quorum changes nothing', () => {
    const { decision, refused } = act(approved(), vote(BEN));
    expect(refused?.code).toBe('already-decided');
    expect(decision).toMatchObject({ status: 'ALLOWED', grant: { id: 'grt_1' } });
  });
});
