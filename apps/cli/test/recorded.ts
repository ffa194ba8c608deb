/** What the shop's policy said about orders of so many pieces, as it is recorded. */
export function recorded(pieces: number, at = '2026-01-15T10:00:00.000Z', more: object = {}) {
  const held = pieces > 10;
  const [rule, text] = held ? ['large-order', `orders ${pieces} pieces`] : ['small-order', 'orders few pieces'];
  return {
    v: 1,
    id: `evt_${pieces}`,
    type: held ? 'decision.held' : 'decision.allowed',
    at,
    decision_id: `dec_${pieces}`,
    version: 1,
    source: 'intake',
    seq: pieces,
    prev: '',
    data: {
      request: {
        subject: { type: 'agent', id: 'release-bot' },
        action: { name: 'shop.order', properties: { count: pieces } },
        resource: { type: 'cart', id: 'cart-1' },
        ...more,
      },
      agent: { owner: 'sam@acme.example', groups: ['ci'] },
      ...{ action_digest: 'x', risk: { level: 'low', score: 10, factors: [] }, policy: { revision: 'sha256:0' } },
      reasons: [{ rule, text }],
      obligations: [],
      ...(held ? { approval: TERMS, grant: { expires_in_s: 600, uses: 1 } } : {}),
    },
  };
}

const TERMS = {
  ...{ seats: [{ group: 'finance', count: 1 }], expires_in_s: 900, reason_required: false },
  ...{ channels: [], redact: [], exclude: [], step_up: false },
};
