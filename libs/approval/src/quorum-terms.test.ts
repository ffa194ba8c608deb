import { describe, expect, it } from 'vitest';
import {
  act,
  ANA,
  BEN,
  DANA,
  deny,
  EVERYONE,
  later,
  LEE,
  pending,
  person,
  play,
  redeeming,
  SAM,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import { renderCard } from './card.js';
import type { Command } from './decide.js';
import type { Person } from './request.js';
import type { ApprovalTerms } from './verdict.js';

const wanting = (more: Partial<ApprovalTerms>, members: readonly Person[] = EVERYONE) => ({
  verdict: verdict({ approval: terms(more) }),
  members,
});
const EVE = person('eve', ['security']);
const ZOE = person('zoe', ['security']);
const either = wanting({ seats: [{ group: 'dba', count: 2 }], alternatives: [[{ group: 'security', count: 1 }]] }, [
  DANA,
  BEN,
  EVE,
  ZOE,
]);

describe('any of several quorums', () => {
  it.each<[string, Command[]]>([
    ['the first', [vote(DANA), vote(BEN)]],
    ['another', [vote(EVE)]],
    ['another, although the first was begun', [vote(DANA), vote(EVE)]],
  ])('%s does', (_, votes) => {
    expect(play(pending(either), ...votes).decision.status).toBe('ALLOWED');
  });

  it('seats of two of them do not add up', () => {
    const two = wanting({ seats: [{ group: 'dba', count: 2 }], alternatives: [[{ group: 'security', count: 2 }]] }, [
      DANA,
      BEN,
      EVE,
      ZOE,
    ]);
    expect(play(pending(two), vote(DANA), vote(EVE)).decision.status).toBe('PENDING');
    expect(play(pending(two), vote(DANA), vote(EVE), vote(ZOE)).decision.status).toBe('ALLOWED');
  });

  it('an alternative that nobody can fill does not make the others unfillable, nor the reverse', () => {
    expect(pending({ ...either, members: [EVE] }).status).toBe('PENDING');
    expect(pending({ ...either, members: [DANA, BEN] }).status).toBe('PENDING');
  });

  it('the card shows the one people have come closest to', () => {
    const two = wanting({ seats: [{ group: 'dba', count: 3 }], alternatives: [[{ group: 'security', count: 2 }]] }, [
      DANA,
      BEN,
      EVE,
      ZOE,
    ]);
    expect(renderCard(play(pending(two), vote(EVE)).decision).progress).toBe('1 of 2 · security still open');
  });

  it('at redemption, too, any of them does', () => {
    const { decision } = play(pending(either), vote(EVE));
    expect(act(decision, redeeming({ approvers: [EVE] }), later(2)).decision.status).toBe('REDEEMED');
  });
});

describe('a denial', () => {
  const two = wanting({ seats: [{ group: 'dba', count: 2 }], deny_quorum: 2 }, [DANA, BEN, person('eve', ['dba'])]);
  it('takes as many people as policy says', () => {
    const { decision } = play(pending(two), deny(DANA));
    expect(decision.status).toBe('PENDING');
    expect(act(decision, deny(BEN)).decision).toMatchObject({ status: 'DENIED', denied_by: { id: 'ben' } });
  });

  it('of one person twice is one', () => {
    expect(play(pending(two), deny(DANA), deny(DANA)).refused?.code).toBe('already-voted');
  });

  it('that is too few does not stop a quorum, and is in the record', () => {
    const { decision } = play(pending(two), deny(DANA), vote(BEN), vote(person('eve', ['dba'])));
    expect(decision.status).toBe('ALLOWED');
    expect(decision.approval!.votes.map(({ vote: said }) => said)).toEqual(['deny', 'approve', 'approve']);
  });

  it('of somebody who has left the group since does not count', () => {
    const { decision } = play(pending(two), deny(DANA));
    expect(act(decision, { ...deny(BEN), earlier: [{ ...DANA, groups: [] }] }).decision.status).toBe('PENDING');
  });
});

describe('a change of mind', () => {
  const two = wanting({ seats: [{ group: 'dba', count: 2 }], deny_quorum: 2 }, [DANA, BEN, person('eve', ['dba'])]);
  it('takes the place of the vote before', () => {
    const { decision } = play(pending(two), vote(DANA), deny(DANA));
    expect(decision.approval!.votes).toMatchObject([{ voter: 'dana', vote: 'deny' }]);
    expect(act(decision, vote(BEN)).decision.status).toBe('PENDING');
  });

  it('may be to take the vote back', () => {
    const { decision } = play(pending(two), vote(DANA), { type: 'retract', voter: DANA, channel: 'api' });
    expect(decision.approval!.votes).toEqual([]);
    expect(act(decision, vote(BEN)).decision.status).toBe('PENDING');
    expect(play(decision, vote(BEN), vote(DANA)).decision.status).toBe('ALLOWED');
  });

  it('has nothing to take back where there is no vote, and comes too late where it is decided', () => {
    const take = { type: 'retract', voter: DANA, channel: 'slack', submitted_by: 'notifier' } as const;
    expect(act(pending(two), take).refused?.code).toBe('no-vote');
    const done = play(pending(two), vote(DANA), vote(BEN)).decision;
    expect(act(done, take).refused?.code).toBe('already-decided');
    expect(act(act(pending(two), vote(DANA)).decision, take).events).toEqual([
      { type: 'vote.retracted', voter: 'dana', channel: 'slack', submitted_by: 'notifier' },
    ]);
  });
});

describe('where policy says how to vote', () => {
  it('a vote in another channel does not count, and says where it would', () => {
    const teams = pending(wanting({ channels: ['teams', 'inbox'] }));
    const { refused, decision } = act(teams, vote(DANA, { channel: 'slack' }));
    expect(refused).toMatchObject({ code: 'wrong-channel', text: expect.stringContaining('teams or inbox') as string });
    expect(decision.status).toBe('PENDING');
    expect(act(teams, vote(DANA, { channel: 'inbox' })).decision.status).toBe('ALLOWED');
  });

  it('a terminal votes where the API does, and where policy names it', () => {
    const from = (channels: string[], channel: string) =>
      act(pending(wanting({ channels })), vote(DANA, { channel })).decision.status;
    expect(from(['api'], 'terminal')).toBe('ALLOWED');
    expect(from(['terminal'], 'terminal')).toBe('ALLOWED');
    expect(from(['terminal'], 'api')).toBe('PENDING');
    expect(from(['inbox'], 'terminal')).toBe('PENDING');
  });

  it('an approval without a fresh sign-in does not count; a denial needs none', () => {
    const strict = pending(wanting({ step_up: true }));
    expect(act(strict, vote(DANA)).refused?.code).toBe('step-up-required');
    expect(act(strict, deny(DANA)).decision.status).toBe('DENIED');
    expect(act(strict, vote(DANA, { stepped_up: true })).decision.status).toBe('ALLOWED');
  });
});

describe('a seat that was handed over', () => {
  const stand = (whose: string) => person('eve', [], { stands_in: [{ group: 'dba', for: whose }] });
  it('counts like one of one’s own', () => {
    expect(act(pending(), vote(stand('dana'))).decision.status).toBe('ALLOWED');
  });

  it.each(['sam', 'lee', 'SAM'])('by somebody who may not sit on it is no seat: %s', (whose) => {
    expect(act(pending({ members: EVERYONE }), vote(stand(whose))).refused?.code).toBe('self-approval');
  });

  it('by whoever owns the agent now is no seat', () => {
    expect(act(pending(), vote(stand('dana'), { owner: 'Dana' })).refused?.code).toBe('self-approval');
  });

  it('to somebody excluded is no seat', () => {
    for (const who of [SAM, LEE]) {
      const standing = { ...who, stands_in: [{ group: 'dba', for: 'dana' }] };
      expect(act(pending(), vote(standing)).refused?.code).toBe('self-approval');
    }
  });

  it('by somebody who was not asked then is as late as they are', () => {
    expect(act(pending(), vote(stand('newcomer'))).refused?.code).toBe('joined-later');
    expect(act(pending({ members: [ANA, DANA] }), vote(stand('ben'))).refused?.code).toBe('joined-later');
  });

  describe('is one seat, whoever sits on it', () => {
    const two = { verdict: verdict({ approval: terms({ seats: [{ group: 'dba', count: 2 }] }) }) };
    const eve = stand('dana');
    const fay = person('fay', [], { stands_in: [{ group: 'dba', for: 'dana' }] });
    const earlier = [...EVERYONE, eve, fay];

    it.each<[string, Person, Person]>([
      ['it is handed over and kept', DANA, eve],
      ['it is kept after it was handed over', eve, DANA],
      ['it is handed over twice', eve, fay],
    ])('when %s, the second vote on it is refused', (_, first, second) => {
      const once = act(pending(two), vote(first, { earlier }));
      expect(once.events.map(({ type }) => type)).toEqual(['vote.cast']);
      for (const again of [vote(second, { earlier }), { ...deny(second), earlier }])
        expect(act(once.decision, again).refused).toMatchObject({
          code: 'already-voted',
          text: expect.stringContaining('seat') as string,
        });
      // Somebody with a seat of their own is still wanted, and is enough.
      expect(act(once.decision, vote(BEN, { earlier })).decision.status).toBe('ALLOWED');
    });

    it('counts once when it was handed over after both had voted, and at redemption', () => {
      const before = [DANA, person('gil', ['dba'])];
      const since = [DANA, person('gil', [], { stands_in: [{ group: 'dba', for: 'dana' }] })];
      const three = { verdict: verdict({ approval: terms({ seats: [{ group: 'dba', count: 3 }] }) }) };
      const members = [...EVERYONE, before[1]!];
      const voted = play(pending({ ...three, members }), ...before.map((one) => vote(one, { earlier: before })));
      expect(act(voted.decision, vote(BEN, { earlier: since })).decision.status).toBe('PENDING');
      const allowed = play(pending({ ...two, members }), ...before.map((one) => vote(one, { earlier: before })));
      expect(allowed.decision.status).toBe('ALLOWED');
      expect(act(allowed.decision, redeeming({ approvers: before })).decision.status).toBe('REDEEMED');
      expect(act(allowed.decision, redeeming({ approvers: since })).refused?.code).toBe('approver-gone');
    });

    it('leaves whoever stands in for another their own seat as well', () => {
      const ben = { ...BEN, stands_in: [{ group: 'dba', for: 'dana' }] };
      const step = play(pending(two), vote(DANA, { earlier }), vote(ben, { earlier: [DANA, ben] }));
      expect(step.decision.status).toBe('ALLOWED');
    });
  });
});
