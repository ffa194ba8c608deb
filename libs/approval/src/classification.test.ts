import { describe, expect, it } from 'vitest';
import { AGENT, DIGEST, EVERYONE, fold, REQUEST, T0, verdict } from '../test/office.js';
import { hold } from './hold.js';

const HISTORY = { counters: { deletes: { subject: { '24h': { count: 3, sum: 300, denies: 0, resources: 1 } } } } };

function held(more: { trust?: string; history?: Record<string, unknown> } = {}) {
  const { trust, ...rest } = more;
  const agent = trust ? { ...AGENT, trust } : AGENT;
  const counted = verdict({ counts: [{ counter: 'deletes', amount: 12480 }], flow: ['irreversible'] });
  const asking = { request: REQUEST, agent, action_digest: DIGEST, verdict: counted };
  return hold({ ...asking, members: EVERYONE, destinations: [], ...rest }, T0);
}

describe('what policy counted and what it was told', () => {
  it('is in the record, so that the same question can be put to another policy later', () => {
    expect(held({ trust: 'probation', history: HISTORY })).toMatchObject({
      type: 'decision.held',
      agent: { trust: 'probation' },
      counts: [{ counter: 'deletes', amount: 12480 }],
      flow: ['irreversible'],
      history: HISTORY,
    });
  });

  it('is known as long as the decision is, so that it counts when people approve', () => {
    expect(fold([held({ history: HISTORY })])).toMatchObject({
      counts: [{ counter: 'deletes', amount: 12480 }],
      flow: ['irreversible'],
      history: HISTORY,
    });
  });

  it('takes no room where there is none of it', () => {
    const plain = hold(
      {
        request: REQUEST,
        agent: AGENT,
        action_digest: DIGEST,
        verdict: verdict(),
        members: EVERYONE,
        destinations: [],
      },
      T0,
    );
    for (const member of ['counts', 'flow', 'history']) {
      expect(plain).not.toHaveProperty(member);
      expect(fold([plain])).not.toHaveProperty(member);
    }
  });
});
