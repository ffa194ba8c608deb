import { describe, expect, it } from 'vitest';
import {
  act,
  ANA,
  approved,
  BEN,
  DANA,
  deny,
  later,
  LEE,
  pending,
  person,
  SAM,
  T0,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import { groupsAsked } from './quorum.js';
import { isAskedIn, isConcerned, isParty, maySee, noVoteBecause, seesAll, type Viewer } from './sight.js';
import type { Decision } from './state.js';

const EVE = person('eve', ['security']);
const climbing = {
  verdict: verdict({ approval: terms({ escalate: [{ after_s: 60, seats: [{ group: 'security', count: 1 }] }] }) }),
};

describe('a conversation', () => {
  it('has part in what is asked in it, and in a broken glass that it is told of', () => {
    const here = { channel: 'slack', address: 'C0DBA' } as const;
    const [asked, answered] = [pending(), { ...pending(), approval: undefined }];
    const destinations = [{ ...here, group: 'dba' }];
    expect(isAskedIn({ ...asked, approval: { ...asked.approval, destinations } }, here)).toBe(true);
    expect(isAskedIn({ ...answered, broke_glass: { destinations } } as unknown as Decision, here)).toBe(true);
    for (const other of [{ ...here, address: 'C0OPS' }, { ...here, channel: 'teams' } as const])
      expect(isAskedIn({ ...asked, approval: { ...asked.approval, destinations } }, other)).toBe(false);
    expect(isAskedIn(answered as unknown as Decision, here)).toBe(false);
  });
});

describe('an agent', () => {
  it('is a party to what it asked for itself or for another, and to nothing else', () => {
    const request = { subject: { type: 'agent', id: 'release-bot' }, submitted_by: 'gateway' };
    expect(['release-bot', 'gateway', 'other'].map((id) => isParty(request, id))).toEqual([true, true, false]);
  });
});

const NOW = { at: later(1), owner: 'sam', earlier: [] };

describe('a decision', () => {
  const asked = pending();
  const as = (who: typeof DANA, more: object = {}): Viewer => ({ kind: 'person', person: { ...who, ...more } });

  it('is seen by agents that asked, by people whom it concerns, by auditors and by the services', () => {
    const own = asked.request.subject.id;
    for (const viewer of [
      as(SAM),
      as(ANA, { roles: ['auditor'] }),
      { kind: 'service' },
      { kind: 'agent', id: own },
    ] as Viewer[])
      expect(maySee(asked, viewer)).toBe(true);
    for (const viewer of [as(ANA), as(ANA, { roles: ['operator'] }), { kind: 'agent', id: 'other' }] as Viewer[])
      expect(maySee(asked, viewer)).toBe(false);
  });

  it('is seen by an auditor as by anybody else with a credential that is not made for the record', () => {
    const auditor = { kind: 'person', person: { ...ANA, roles: ['auditor'] } } as const;
    expect(maySee(asked, { ...auditor, scopes: ['vote'] })).toBe(false);
    expect(maySee(asked, { ...auditor, scopes: ['record'] })).toBe(true);
    expect(seesAll({ kind: 'agent', id: 'release-bot' })).toBe(false);
    expect(seesAll({ kind: 'service' })).toBe(true);
  });
});

describe('a person', () => {
  it('is concerned by what their agent asks, what is asked on their behalf, and what their group is asked', () => {
    const asked = pending();
    expect([SAM, LEE, DANA].every((one) => isConcerned(asked, one))).toBe(true);
    expect(isConcerned(asked, ANA)).toBe(false);
    expect(isConcerned(asked, person('eve', [], { stands_in: [{ group: 'dba', for: 'dana' }] }))).toBe(true);
    expect(isConcerned(asked, person('eve', [], { stands_in: [{ group: 'ops', for: 'dana' }] }))).toBe(false);
  });

  it('is concerned by what their group would be asked if nobody else answers', () => {
    expect(isConcerned(pending(climbing), EVE)).toBe(true);
    expect(groupsAsked({ seats: [], alternatives: [[{ group: 'a', count: 1 }]] })).toEqual(['a']);
  });

  it('is not concerned by what nobody was asked about, unless it is theirs', () => {
    const { approval: _, ...answered } = pending();
    const outright: Decision = { ...answered, status: 'DENIED' };
    expect(isConcerned(outright, DANA)).toBe(false);
    expect(isConcerned(outright, SAM)).toBe(true);
    expect(noVoteBecause(outright, DANA, NOW)).toBe('Nobody was asked about this.');
  });

  it('has a vote until it is decided, once, and if the rules give them one', () => {
    expect(noVoteBecause(pending(), DANA, NOW)).toBe('');
    expect(noVoteBecause(pending(), SAM, NOW)).toContain('You own the agent');
    expect(noVoteBecause(approved(), BEN, NOW)).toBe('This request has been approved already.');
    const two = { verdict: verdict({ approval: terms({ seats: [{ group: 'dba', count: 2 }], deny_quorum: 2 }) }) };
    for (const cast of [vote(DANA), deny(DANA)]) {
      const { decision } = act(pending(two), cast);
      expect(noVoteBecause(decision, DANA, { ...NOW, earlier: [DANA] })).toContain('You have voted on this already.');
    }
  });

  it('has a vote while nobody answers for the agent: it can still be denied', () => {
    expect(noVoteBecause(pending(), DANA, { ...NOW, owner_missing: true })).toBe('');
    expect(noVoteBecause(pending(), SAM, { ...NOW, owner_missing: true })).toContain('You own the agent');
  });

  it('has no vote on a seat that somebody else has voted on, after the time is over, or under a stop', () => {
    const two = pending({ verdict: verdict({ approval: terms({ seats: [{ group: 'dba', count: 2 }] }) }) });
    const eve = person('eve', [], { stands_in: [{ group: 'dba', for: 'dana', name: 'Dana' }] });
    const { decision } = act(two, { ...vote(DANA), earlier: [] });
    expect(noVoteBecause(two, eve, NOW)).toBe('');
    expect(noVoteBecause(decision, eve, { ...NOW, earlier: [DANA] })).toContain('You hold the seat of Dana');
    expect(noVoteBecause(decision, person('dana2', ['dba'], { also: ['dana'] }), { ...NOW, earlier: [DANA] })).not.toBe(
      '',
    );
    expect(noVoteBecause(two, DANA, { ...NOW, at: later(90_000) })).toContain('has expired');
    const stop = { id: 'stp_1', scope: { all: true as const }, by: 'olu', by_name: 'Olu', reason: 'incident', at: T0 };
    expect(noVoteBecause(two, DANA, { ...NOW, stop })).toContain('Olu has stopped everything');
  });
});
