import { describe, expect, it } from 'vitest';
import { ACTION, AUDIENCE, CLAIMS, NOW } from '../test/mint.js';
import { UsedGrants } from './index.js';

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const use = (jti: string, more: object = {}, now = NOW) => ({
  ...{ grant: 'x', action: ACTION, audience: AUDIENCE, now },
  claims: { ...CLAIMS, jti, ...more },
});

describe('a memory of used grants', () => {
  it('counts every grant for itself, up to what it allows', async () => {
    const used = new UsedGrants();
    expect(await used.use(use('a', { max_uses: 2 }))).toEqual({ use: 1 });
    expect(await used.use(use('b'))).toEqual({ use: 1 });
    expect(await used.use(use('a', { max_uses: 2 }))).toEqual({ use: 2 });
    expect(await used.use(use('a', { max_uses: 2 }))).toMatchObject({
      refused: { code: 'used', text: expect.stringContaining('2 times') },
    });
    expect(await used.use(use('b'))).toMatchObject({
      refused: { code: 'used', text: expect.stringContaining('once') },
    });
    // The same number of another issuer is another grant.
    expect(await used.use(use('b', { iss: 'https://other.example' }))).toEqual({ use: 1 });
  });

  it('counts before anybody can ask again', async () => {
    const used = new UsedGrants();
    const answers = await Promise.all(Array.from({ length: 64 }, () => used.use(use('a'))));
    expect(answers.filter((answer) => 'use' in answer)).toHaveLength(1);
  });

  it('refuses when it is full, forgets what has expired, and nothing else', async () => {
    const used = new UsedGrants(2);
    await used.use(use('a'));
    await used.use(use('b', { exp: CLAIMS.exp + 600 }));
    expect(await used.use(use('c'))).toMatchObject({ refused: { code: 'memory-full' } });
    expect(await used.use(use('a'))).toMatchObject({ refused: { code: 'used' } });
    // For as long as any difference of clocks may let it pass, it is remembered.
    expect(await used.use(use('c', {}, later(120)))).toMatchObject({ refused: { code: 'memory-full' } });
    expect(await used.use(use('c', {}, later(121)))).toEqual({ use: 1 });
    expect(await used.use(use('b', { exp: CLAIMS.exp + 600 }, later(121)))).toMatchObject({
      refused: { code: 'used' },
    });
    expect(used.size).toBe(2);
  });
});
