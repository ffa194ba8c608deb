import { describe, expect, it } from 'vitest';
import { act, approved, pending, play, redeeming, REQUEST, verdict, vote, DANA } from '../test/office.js';
import { decide } from './decide.js';

// A grant that is meant for one place, and for whoever holds one key.

const [KEY, OTHER] = ['0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I', 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'];
const meant = approved({ request: { ...REQUEST, audience: 'https://db.example' } });
const held = approved({
  request: { ...REQUEST, holder_key: KEY },
  verdict: verdict({ grant: { expires_in_s: 600, uses: 2 } }),
});
const proof = (id: string, key = KEY) => redeeming({ proof: { key, id } });

describe('a grant meant for one place', () => {
  it('works there, and the place is on record', () => {
    const { events, decision } = act(meant, redeeming({ audience: 'https://db.example' }));
    expect(decision.status).toBe('REDEEMED');
    expect(events).toMatchObject([{ type: 'grant.redeemed', audience: 'https://db.example' }]);
  });

  it.each([
    ['https://mail.example', 'is for https://db.example and not for https://mail.example'],
    ['https://db.example/', 'and not for https://db.example/'],
    [undefined, 'must name itself'],
    ['', 'must name itself'],
  ])('does not work at %j', (audience, text) => {
    const { refused, events } = act(meant, redeeming({ audience }));
    expect(refused).toMatchObject({ code: 'wrong-audience', text: expect.stringContaining(text) });
    expect(events).toMatchObject([{ type: 'grant.refused', because: 'wrong-audience' }]);
  });

  it('does not work for somebody elsewhere who says to be there', () => {
    const at = (...places: string[]) => act(meant, redeeming({ audience: 'https://db.example', places }));
    expect(at('https://db.example', 'https://db2.example').events).toMatchObject([{ type: 'grant.redeemed' }]);
    expect(at('https://mail.example')).toMatchObject({
      refused: { code: 'wrong-audience', text: expect.stringContaining('your credential is not that of') as string },
      events: [{ type: 'grant.refused', because: 'wrong-audience' }],
    });
    expect(act(approved(), redeeming({ places: ['https://mail.example'] })).events).toMatchObject([{ use: 1 }]);
  });

  it('and a grant meant for no place in particular works anywhere, which is on record', () => {
    expect(act(approved(), redeeming({ audience: 'anywhere' })).events).toMatchObject([{ audience: 'anywhere' }]);
  });
});

describe('a grant bound to a key', () => {
  it('works for whoever proves to hold it, with a new proof for every use', () => {
    const { decision, events } = act(held, proof('p1'));
    expect(events).toMatchObject([{ type: 'grant.redeemed', use: 1, proof: { key: KEY, id: 'p1' } }]);
    expect(act(decision, proof('p1')).refused).toMatchObject({ code: 'proof-replayed' });
    const last = act(decision, proof('p2')).decision;
    expect(last).toMatchObject({ status: 'REDEEMED', proofs: ['p1', 'p2'] });
    expect(act(last, proof('p3')).refused?.code).toBe('grant-used');
  });

  it('does not work for a thief', () => {
    expect(act(held, redeeming()).refused?.code).toBe('proof-required');
    expect(act(held, proof('p1', OTHER)).refused?.code).toBe('wrong-key');
    expect(act(held, redeeming({ proof: { problem: 'it is signed by nobody' } })).refused).toMatchObject({
      code: 'proof-invalid',
      text: expect.stringContaining('it is signed by nobody'),
    });
  });

  it('and of any other a proof is not wanted, nor recorded', () => {
    const { events } = act(approved(), proof('p1'));
    expect(events[0]).not.toHaveProperty('proof');
    expect(act(approved(), redeeming({ proof: { problem: 'x' } })).decision.status).toBe('REDEEMED');
  });

  it('is asked for its place and its holder before anything about the action is told', () => {
    const both = play(pending({ request: { ...REQUEST, audience: 'a', holder_key: KEY } }), vote(DANA)).decision;
    const wrong = redeeming({ action_digest: 'another' });
    expect(decide(both, wrong, '2026-11-20T14:00:02Z').refused?.code).toBe('wrong-audience');
    expect(decide(both, { ...wrong, audience: 'a' }, '2026-11-20T14:00:02Z').refused?.code).toBe('proof-required');
  });
});
