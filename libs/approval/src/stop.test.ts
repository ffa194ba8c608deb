import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AGENT,
  allowed,
  ANA,
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
  areaOf,
  decide,
  evolve,
  mayNotResume,
  mayNotStop,
  noRoomToStop,
  renderCard,
  scopeText,
  stopOf,
  stopReason,
  stoppedVerdict,
  type ActionRequest,
  type Command,
  type Decision,
  type Stop,
  type StopScope,
} from './index.js';

const stop = (scope: StopScope = { all: true }, more: Partial<Stop> = {}): Stop => ({
  id: 'stp_1',
  scope,
  by: 'olu',
  by_name: 'Olu',
  reason: 'its key is public',
  at: T0,
  ...more,
});
const vote: Command = { type: 'vote', voter: DANA, vote: 'approve', channel: 'api', grant_id: 'grt_1' };
const redeem: Command = {
  ...{ type: 'redeem', by: 'release-bot', grant_id: 'grt_1', action_digest: DIGEST, approvers: [DANA] },
  verdict: verdict({ effect: 'allow' }),
};

function run(decision: Decision, command: Command, given?: Stop) {
  const { events, refused } = decide(decision, command, later(1), given);
  const after = events.reduce<Decision>((now, { type, ...data }) => {
    return evolve(now, { type, at: later(1), decision_id: now.id, version: now.version + 1, data })!;
  }, decision);
  return { types: events.map(({ type }) => type), refused, after, events };
}

describe('a stop covers', () => {
  const chain = { sub: 'planner', act: { sub: 'orchestrator' } };
  const delegated: ActionRequest = {
    ...REQUEST,
    subject: { ...REQUEST.subject, properties: { act: chain } },
    submitted_by: 'edge-gateway',
  };
  it.each<[string, StopScope, ActionRequest, boolean]>([
    ['everything', { all: true }, REQUEST, true],
    ['its area', { area: 'db' }, REQUEST, true],
    ['no other area', { area: 'iam' }, REQUEST, false],
    [
      'an area by the type of resource where the name has no dot',
      { area: 'table' },
      { ...REQUEST, action: { name: 'drop' } },
      true,
    ],
    ['its agent', { agent: 'release-bot' }, REQUEST, true],
    ['its agent in another spelling', { agent: 'Release-Bot' }, REQUEST, true],
    ['no other agent', { agent: 'support-bot' }, REQUEST, false],
    ['what its agent submits for others', { agent: 'edge-gateway' }, delegated, true],
    ['what others do for its agent, however far away', { agent: 'orchestrator' }, delegated, true],
    [
      'a chain that cannot be read, which may name anybody',
      { agent: 'support-bot' },
      {
        ...REQUEST,
        subject: { ...REQUEST.subject, properties: { act: Array.from({ length: 2_000 }, (_, i) => `a${i}`) } },
      },
      true,
    ],
  ])('%s', (_, scope, request, covered) => {
    expect(stopOf([stop(scope)], request, later(1)) !== undefined).toBe(covered);
  });

  it('nothing once its time is over, and for ever when it has none', () => {
    const until = later(60);
    expect(stopOf([stop({ all: true }, { until })], REQUEST, later(59))).toBeDefined();
    expect(stopOf([stop({ all: true }, { until })], REQUEST, later(60))).toBeUndefined();
    expect(stopOf([stop({ all: true }, { until: 'soon' })], REQUEST, later(1e9))).toBeDefined();
    expect(stopOf([], REQUEST, T0)).toBeUndefined();
    expect(areaOf(REQUEST)).toBe('db');
  });
});

describe('under a stop', () => {
  it('what policy allows or would put before people is denied, with what to do', () => {
    for (const effect of ['allow', 'require_approval'] as const) {
      const stopped = stoppedVerdict(verdict({ effect, counts: [{ counter: 'spent', amount: 5 }] }), stop());
      expect(stopped).toMatchObject({ effect: 'deny', reasons: [{ rule: 'stopped' }, { rule: 'bulk-delete' }] });
      expect(stopped).not.toHaveProperty('approval');
      expect(stopped).not.toHaveProperty('counts');
    }
    expect(stopReason(stop()).text).toBe(
      'Olu has stopped everything until a person resumes it: its key is public. Do not run this, do not ask again before then, and ' +
        'do not use another tool to achieve it. Tell whoever you act for.',
    );
    expect(stopReason(stop({ area: 'db' }, { until: later(3_600) })).text).toContain(
      'all actions in db until 2026-11-20 15:00 UTC',
    );
    expect(scopeText({ agent: 'release-bot' })).toBe('all that release-bot does');
  });

  it('what policy denies stays denied for its own reason', () => {
    const denied = verdict({ effect: 'deny' });
    expect(stoppedVerdict(denied, stop())).toBe(denied);
  });

  it('what waits is ended, and the vote that came too late does not count', () => {
    for (const command of [vote, { type: 'retract', voter: DANA, channel: 'api' } as const]) {
      const { types, refused, after } = run(pending(), command, stop());
      expect(types).toEqual(['decision.stopped']);
      expect(refused).toMatchObject({ code: 'already-decided', text: stopReason(stop()).text });
      expect(after).toMatchObject({ status: 'DENIED', stopped_by: { id: 'olu', stop: 'stp_1' } });
      expect(renderCard(after)).toMatchObject({ outcome: 'Stopped by Olu: its key is public', actions: [] });
      expect(run(after, vote).refused).toMatchObject({ code: 'already-decided' });
    }
  });

  it('a permission that is not used is taken back, and using it is refused before and after', () => {
    const now = run(allowed(true), redeem, stop());
    expect(now.types).toEqual(['grant.refused', 'decision.revoked']);
    expect(now.events[0]).toMatchObject({ because: 'stopped' });
    expect(now.refused).toMatchObject({ code: 'stopped' });
    expect(now.after).toMatchObject({ status: 'REVOKED', revoked_by: { id: 'olu', stop: 'stp_1' } });
    const { refused, types } = run(now.after, redeem);
    expect([refused?.code, types]).toEqual(['stopped', ['grant.refused']]);
  });

  it('a decision is ended by the one who carries the stop through, once, and not when there is no stop', () => {
    const { types, refused, after } = run(pending(), { type: 'stop' }, stop());
    expect([types, refused]).toEqual([['decision.stopped'], undefined]);
    expect(run(after, { type: 'stop' }, stop()).types).toEqual([]);
    expect(run(allowed(true), { type: 'stop' }, stop()).types).toEqual(['decision.revoked']);
    expect(run(allowed(), { type: 'stop' }, stop()).types).toEqual([]);
    expect(run(pending(), { type: 'stop' }).types).toEqual([]);
  });

  it('leave for a session draws nothing', () => {
    const { request, agent } = pending();
    const draw: Command = {
      ...{ type: 'draw', request, decision_id: 'dec_2', action_digest: DIGEST, binding: [], approvers: [DANA] },
      ...{ agent: { id: 'release-bot', ...agent }, verdict: verdict() },
    };
    const { types, refused } = run(allowed(true), draw, stop());
    expect([types, refused?.code]).toEqual([[], 'stopped']);
  });

  it('one may still withdraw, revoke, and report what was done', () => {
    expect(run(pending(), { type: 'withdraw', by: 'release-bot' }, stop()).after.status).toBe('WITHDRAWN');
    const used = run(allowed(true, 2), redeem).after;
    expect(run(used, { type: 'report', by: 'release-bot', success: true }, stop()).types).toEqual(['outcome.reported']);
    expect(run(used, { type: 'revoke', by: DANA, reason: 'enough' }, stop()).types).toEqual(['decision.revoked']);
  });

  it('an event that comes again, or too late, changes nothing', () => {
    const data = { by: 'olu', by_name: 'Olu', reason: 'x', stop: 'stp_1' };
    const other = allowed(true);
    const late = evolve(other, { type: 'decision.stopped', at: T0, decision_id: other.id, version: 2, data });
    expect(late).toMatchObject({ status: 'ALLOWED' });
  });

  it('no sequence of commands ever permits or uses anything', () => {
    const commands: Command[] = [
      vote,
      redeem,
      { ...vote, vote: 'deny', reason: 'no' },
      { type: 'stop' },
      { type: 'repeat' },
      { type: 'remind' },
      { type: 'escalate', members: [], destinations: [] },
      { type: 'expire' },
      { type: 'withdraw', by: 'release-bot' },
      { type: 'retract', voter: DANA, channel: 'api' },
      { type: 'report', by: 'release-bot', success: true },
    ];
    const starts = [() => pending(), () => allowed(true), () => allowed(true, 3)];
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(fc.constantFrom(...commands), { maxLength: 6 }),
        (start, given) => {
          let decision: Decision = start();
          for (const command of given) {
            const { types, after } = run(decision, command, stop());
            expect(types).not.toContain('decision.approved');
            expect(types).not.toContain('grant.redeemed');
            decision = after;
          }
        },
      ),
    );
  });
});

describe('who may stop and resume', () => {
  const olu = person('olu', ['ops']);
  const agent: StopScope = { agent: AGENT.id };
  const operator = { person: olu, operator: true, owner: 'sam' };
  const owner = { person: SAM, operator: false, owner: 'sam' };

  it('an operator may stop anything, and the owner of an agent that agent', () => {
    for (const scope of [agent, { area: 'db' }, { all: true as const }])
      expect(mayNotStop(scope, operator)).toBeUndefined();
    expect(mayNotStop(agent, owner)).toBeUndefined();
    expect(mayNotStop({ area: 'db' }, { ...owner, owner: undefined })).toMatchObject({ code: 'not-operator' });
    expect(mayNotStop(agent, { person: LEE, operator: false, owner: 'sam' })).toMatchObject({ code: 'not-operator' });
    expect(mayNotStop(agent, { ...operator, owner: undefined })).toBeUndefined();
  });

  it('guests and disabled accounts may do neither', () => {
    for (const more of [{ guest: true }, { disabled: true }]) {
      const actor = { person: person('olu', [], more), operator: true };
      expect(mayNotStop(agent, actor)).toMatchObject({ code: 'not-operator' });
      expect(mayNotResume(stop(agent), actor)).toMatchObject({ code: 'not-operator' });
    }
  });

  it('an owner fills neither the room for stops nor what there is of it for one agent; half of it is for operators', () => {
    const kept = (count: number, by: string, scope: StopScope = agent) =>
      Array.from({ length: count }, () => stop(scope, { by }));
    const full = { code: 'too-many-stops' };
    expect(noRoomToStop(agent, owner, kept(4, 'Sam'))).toBeUndefined();
    expect(noRoomToStop(agent, owner, kept(5, 'Sam'))).toMatchObject(full);
    expect(noRoomToStop(agent, owner, kept(5, 'olu'))).toBeUndefined();
    expect(noRoomToStop(agent, owner, kept(5, 'sam', { agent: 'other' }))).toBeUndefined();
    expect(noRoomToStop(agent, { ...owner, operator: true }, kept(5, 'sam'))).toBeUndefined();
    expect(noRoomToStop(agent, owner, kept(249, 'olu'))).toBeUndefined();
    expect(noRoomToStop(agent, owner, kept(250, 'olu'))).toMatchObject(full);
    expect(noRoomToStop({ all: true }, operator, kept(499, 'sam'))).toBeUndefined();
    expect(noRoomToStop({ all: true }, operator, kept(500, 'sam'))).toMatchObject(full);
  });

  it('an operator may resume, others may not', () => {
    expect(mayNotResume(stop(agent), operator)).toBeUndefined();
    expect(mayNotResume(stop(agent), { person: ANA, operator: false, owner: 'sam' })).toMatchObject({
      code: 'not-operator',
    });
  });

  it('an owner may lift what they placed themselves, and nothing else, operator or not', () => {
    const own = stop(agent, { by: 'Sam' });
    for (const isOperator of [true, false]) {
      const sam = { ...owner, operator: isOperator };
      expect(mayNotResume(own, sam)).toBeUndefined();
      expect(mayNotResume(stop(agent), sam)).toMatchObject({ code: 'own-agent' });
      expect(mayNotResume({ ...own, security: true }, sam)).toMatchObject({ code: 'own-agent' });
    }
    const account = { ...owner, person: person('sam.admin', [], { also: ['sam'] }), operator: true };
    expect(mayNotResume(stop(agent), account)).toMatchObject({ code: 'own-agent' });
  });
});
