import { describe, expect, it } from 'vitest';
import { ACTION, AUDIENCE, CLAIMS, ISSUER, JWKS, mint, NOW } from '../test/mint.js';
import { Intake, verifyGrant } from './index.js';

const verify = (answer: () => Response | Promise<Response>, grant = mint()) => {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch = (url: unknown, init?: RequestInit) => {
    asked.push({ url: String(url), init: init! });
    return Promise.resolve().then(answer);
  };
  const once = new Intake({ url: 'https://gate.example/', credential: 'key', fetch });
  const action = { ...ACTION, context: { ticket: 'OPS-1' } };
  const result = verifyGrant(grant, { keys: JWKS, issuer: ISSUER, audience: AUDIENCE, action, now: NOW, once });
  return { result, asked };
};

describe('a grant redeemed at intake', () => {
  it('runs when intake has counted it, with what intake says must be honoured', async () => {
    const { result, asked } = verify(() =>
      Response.json({ redeemed: true, use: 2, obligations: [{ id: 'log-query' }] }),
    );
    expect(await result).toEqual({ claims: CLAIMS, use: 2, obligations: [{ id: 'log-query' }] });
    expect(asked).toMatchObject([
      {
        url: 'https://gate.example/v1/grants:redeem',
        init: { method: 'POST', redirect: 'error', headers: { authorization: 'Bearer key' } },
      },
    ]);
    expect(JSON.parse(asked[0]!.init.body as string)).toEqual({
      grant: mint(),
      audience: AUDIENCE,
      subject: { type: 'agent', id: 'release-bot' },
      action: { name: 'db.delete' },
      arguments_json: '{"rows":12480}',
      resource: { type: 'table', id: 'prod.orders' },
      context_json: '{"ticket":"OPS-1"}',
    });
  });

  it('does not run when intake says no, and says why', async () => {
    const details = [
      { '@type': 'x' },
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'GRANT_REVOKED' },
    ];
    const { result } = verify(() =>
      Response.json({ code: 9, message: 'This permission has been revoked.', details }, { status: 400 }),
    );
    expect(await result).toEqual({
      refused: { code: 'not-redeemed', text: 'This permission has been revoked.', reason: 'GRANT_REVOKED' },
    });
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ['does not answer', () => Promise.reject(new Error('timeout'))],
    ['is overloaded', () => Response.json({ code: 8, message: 'try again' }, { status: 429 })],
    ['is down', () => Response.json({}, { status: 503 })],
    ['answers with something else', () => new Response('<html>ok</html>')],
    ['says yes without saying so', () => Response.json({ redeemed: 'true' })],
    ['says nothing', () => Response.json({})],
  ])('does not run when intake %s', async (_, answer) => {
    expect(await verify(answer).result).toMatchObject({ refused: { code: 'unavailable' } });
  });

  it('is not sent anywhere when it is wrong already', async () => {
    const { result, asked } = verify(() => Response.json({ redeemed: true }), mint({ ...CLAIMS, aud: 'elsewhere' }));
    expect(await result).toMatchObject({ refused: { code: 'wrong-audience' } });
    expect(asked).toEqual([]);
    expect(() => new Intake({ url: 'http://gate.example', credential: 'key' })).toThrow(TypeError);
  });

  it('waits for as long as it was told, and no longer', async () => {
    const fetch = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason as Error));
      });
    const once = new Intake({ url: 'https://gate.example', credential: 'key', timeoutMs: 20, fetch });
    const options = { keys: JWKS, issuer: ISSUER, audience: AUDIENCE, action: ACTION, now: NOW, once };
    expect(await verifyGrant(mint(), options)).toMatchObject({ refused: { code: 'unavailable' } });
  });
});
