import { describe, expect, it } from 'vitest';
import { act, AGENT, BEN, DANA, pending, REQUEST, SAM, terms, verdict, vote } from '../test/office.js';
import { renderCard } from './card.js';
import { eligibility } from './eligibility.js';
import type { ActionRequest, JsonObject } from './request.js';

const activating = (properties: JsonObject, name = 'policy.activate'): ActionRequest => ({
  ...REQUEST,
  action: { name, properties },
});
/** Sam asks in person for what Ben has written. */
const inPerson = () =>
  pending({
    request: {
      subject: { type: 'person', id: 'sam' },
      action: { name: 'policy.activate', properties: { author: 'ben' } },
      resource: { type: 'policy_bundle', id: 'sha256:ab' },
    },
    agent: { id: 'sam', owner: 'sam', owner_name: 'Sam', groups: ['dba'] },
  });

describe('the author of a policy', () => {
  it.each(['ben', 'BEN', 'b\u200Ben '])('has no say in whether it serves, written as %j', (author) => {
    const { refused, events } = act(pending({ request: activating({ author }) }), vote(BEN));
    expect(refused?.code).toBe('self-approval');
    expect(refused?.text).toContain('You wrote the policy that is to serve');
    expect(events).toMatchObject([{ type: 'vote.refused', voter: 'ben' }]);
  });

  it('is excluded on the record, so that using the approval later meets the same rule', () => {
    const held = pending({ request: activating({ author: 'ben' }) });
    expect(held.approval.excluded).toContainEqual({ id: 'ben', because: 'author' });
    expect(eligibility(BEN, { ...held.approval, terms: terms() })).toMatchObject({ code: 'self-approval' });
  });

  it('leaves nobody, if nobody else is there to approve it', () => {
    const only = verdict({ approval: terms({ seats: [{ group: 'finance', count: 1 }] }) });
    expect(() => pending({ request: activating({ author: 'ben' }), verdict: only, members: [BEN] })).toThrow(
      'nobody-eligible',
    );
  });

  it.each<[string, ActionRequest]>([
    ['an argument of another action', activating({ author: 'ben' }, 'code.merge')],
    ['no name at all', activating({ author: ['ben'] })],
    ['left out', { ...REQUEST, action: { name: 'policy.activate' } }],
  ])('is nobody when it is %s', (_, request) => {
    expect(act(pending({ request }), vote(BEN)).refused).toBeUndefined();
  });
});

describe('a person who asks', () => {
  it('is told so, rather than that they own an agent', () => {
    expect(act(inPerson(), vote(SAM)).refused?.text).toContain('You made this request');
    expect(act(inPerson(), vote(DANA)).decision.status).toBe('ALLOWED');
  });

  it('is shown by id and name, and an agent with its owner', () => {
    expect(renderCard(inPerson()).who).toBe('sam (Sam)');
    expect(renderCard(pending({ agent: AGENT })).who).toBe('release-bot, for lee (owner Sam)');
  });
});
