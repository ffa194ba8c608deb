import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeProof, thumbprint } from '@countersign/grant';
import {
  DecisionSchema,
  RedeemGrantResponseSchema,
  State,
  type DecideRequest,
  type RedeemGrantRequest,
} from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, startFakeGate, type FakeGate } from '../test/fake-gate.js';
import { ACTION, BODY, JWKS, KID, mintGrant } from '../test/grants.js';
import { countersign } from '../test/terminal-run.js';

// What the terminal says of a grant: never more than it has checked.

let gate: FakeGate;
let http: Server;
let url: string;
let folder: string;
let redeemed: { status: number; body: object };
let asked: { authorization?: string | undefined; body: string }[] = [];
const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jkt = thumbprint(holder.publicKey.export({ format: 'jwk' }));

beforeAll(async () => {
  gate = await startFakeGate();
  http = createServer((request, response) => {
    if (request.url === '/moved') return void response.writeHead(302, { location: '/.well-known/jwks.json' }).end();
    if (request.url === '/.well-known/jwks.json') return void response.end(JSON.stringify(JWKS));
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body });
      response.writeHead(redeemed.status).end(JSON.stringify(redeemed.body));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  await writeFile(join(folder, 'keys.json'), JSON.stringify(JWKS));
  await writeFile(join(folder, 'action.json'), JSON.stringify({ ...BODY, justification: 'cleaning up' }));
  await writeFile(join(folder, 'agent.pem'), holder.privateKey.export({ format: 'pem', type: 'pkcs8' }));
});
afterAll(async () => {
  await gate.stop();
  http.close();
  await rm(folder, { recursive: true });
});

const verify = (grant: string, ...args: string[]) =>
  countersign(['grant', 'verify', grant, '--jwks', join(folder, 'keys.json'), ...args]);

describe('grant verify', () => {
  it('accepts a grant for its own action, and says what it could not prove', async () => {
    const { code, stdout } = await verify(mintGrant(), ...ACTION);
    expect(code).toBe(0);
    expect(stdout).toContain(`VALID  signed by ${KID}`);
    expect(stdout).toContain('release-bot, for lee@acme.example');
    for (const what of [
      'that it is of the issuer you trust',
      'that it is unused',
      'that it is not revoked',
      'that its approvers',
    ])
      expect(stdout).toContain(`not proven: ${what}`);
    expect(stdout).not.toContain('action you have in mind');
  });

  it('takes the action from a file, and the grant from standard input', async () => {
    const args = ['grant', 'verify', '-', '--http', url, '--action', `@${join(folder, 'action.json')}`];
    const { code, stdout } = await countersign(args, { input: `${mintGrant()}\n` });
    expect(code).toBe(0);
    expect(stdout).not.toContain('action you have in mind');
    await writeFile(join(folder, 'other.json'), JSON.stringify({ ...BODY, arguments: { rows: 12481 } }));
    expect((await verify(mintGrant(), '--action', `@${join(folder, 'other.json')}`)).code).toBe(3);
    await writeFile(join(folder, 'twice.json'), '{"action":{"name":"db.read"},"action":{"name":"db.delete"}}');
    for (const [file, problem] of [
      ['twice.json', 'a duplicate member'],
      ['nowhere.json', 'cannot be read'],
      ['keys.json', 'has no action.name'],
    ]) {
      const wrong = await verify(mintGrant(), '--action', `@${join(folder, file!)}`);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain(problem);
    }
    expect((await verify(mintGrant(), ...ACTION, '--action', `@${join(folder, 'action.json')}`)).code).toBe(2);
  });

  it.each<[string, () => string, string[], string]>([
    ['another action', () => mintGrant(), ACTION.map((word) => word.replace('12480', '12481')), 'action-differs'],
    [
      'another place',
      () => mintGrant({ aud: 'https://db.example' }),
      ['--audience', 'https://mail.example'],
      'wrong-audience',
    ],
    ['no place in particular', () => mintGrant(), ['--audience', 'https://db.example'], 'wrong-audience'],
    ['another issuer', () => mintGrant(), ['--issuer', 'https://other.example'], 'wrong-issuer'],
    ['another key', () => mintGrant({}, generateKeyPairSync('ed25519').privateKey), [], 'bad-signature'],
    ['another time', () => mintGrant({ exp: 1_000_000_000 }), [], 'expired'],
    ['another holder', () => mintGrant({ cnf: { jkt } }), ['--proof', 'x'], 'proof-invalid'],
    ['nothing', () => 'grant', [], 'malformed'],
  ])('ends with 3 for a grant of %s', async (_, grant, args, code) => {
    const text = await verify(grant(), ...args);
    expect(text.code).toBe(3);
    expect(text.stdout).toContain(`(${code})`);
    const json = await verify(grant(), ...args, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, code });
  });

  it('says of place and holder what was given, and what was not', async () => {
    const grant = mintGrant({ aud: 'https://db.example', cnf: { jkt }, max_uses: 3 });
    const bare = await verify(grant, '--json');
    expect(JSON.parse(bare.stdout)).toMatchObject({
      valid: true,
      not_proven: expect.arrayContaining([expect.stringContaining('--audience'), expect.stringContaining('--proof')]),
    });
    const proof = makeProof(grant, holder.privateKey);
    const whole = await verify(
      grant,
      '--audience',
      'https://db.example',
      '--proof',
      proof,
      '--issuer',
      'https://gate.example',
    );
    expect(whole.stdout).toContain('where  https://db.example');
    expect(whole.stdout).toContain(`holder ${jkt} (proved)`);
    expect(whole.stdout).toContain(', 3 times');
    expect(whole.stdout).not.toContain('(give --audience)');
  });

  it('says that a glass was broken for it, or that it is of leave for a session', async () => {
    const break_glass = { by: 'dana@acme.example', at: '2026-11-20T14:00:00.000Z', rule: 'db-incident' };
    const broken = await verify(mintGrant({ break_glass: { ...break_glass, overrode: 'deny' } }));
    expect(broken.stdout).toContain('BROKEN GLASS, against a denial of policy: dana@acme.example alone');
    const drawn = await verify(mintGrant({ session: { txn: 'dec_1', use: 2, approved_by: ['ana', 'ben'] } }));
    expect(drawn.stdout).toContain('leave for a session: use 2, given with dec_1 by ana, ben');
    const json = await verify(mintGrant({ break_glass }), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: true, claims: { break_glass } });
  });

  it('uses it with --redeem, and then nothing is left to prove', async () => {
    asked = [];
    redeemed = { status: 200, body: { redeemed: true, use: 1 } };
    const online = [...ACTION, '--redeem', '--http', url, '--token', 'cs_dev_edge-gateway'];
    const { code, stdout } = await verify(mintGrant({ aud: 'db' }), ...online, '--audience', 'db');
    expect(code).toBe(0);
    expect(stdout).toContain('VALID, AND USED NOW');
    expect(stdout).not.toContain('not proven');
    expect(asked).toMatchObject([{ authorization: 'Bearer cs_dev_edge-gateway' }]);
    expect(JSON.parse(asked[0]!.body)).toMatchObject({ audience: 'db', arguments_json: '{"rows":12480}' });

    const details = [{ reason: 'GRANT_USED' }];
    redeemed = { status: 400, body: { code: 9, message: 'This grant has been used.', details } };
    const again = await verify(mintGrant(), ...online, '--json');
    expect(again.code).toBe(3);
    expect(JSON.parse(again.stdout)).toMatchObject({ valid: false, code: 'not-redeemed', reason: 'GRANT_USED' });
    redeemed = { status: 503, body: {} };
    expect((await verify(mintGrant(), ...online)).code).toBe(1);
    // What is wrong already is not used.
    const before = asked.length;
    expect((await verify(mintGrant({ exp: 1 }), ...online)).code).toBe(3);
    expect(asked).toHaveLength(before);
    expect((await verify(mintGrant(), '--redeem', '--token', 'x')).code).toBe(2);
  });

  it('does not follow a redirect to other keys', async () => {
    expect((await countersign(['grant', 'verify', mintGrant(), '--jwks', `${url}/moved`])).code).toBe(1);
  });
});

describe('a grant for one place and one hand', () => {
  const on = (...args: string[]) => [...args, '--address', gate.address, '--token', 'cs_dev_release-bot'];

  it('is asked for with the thumbprint of a key, or with the key', async () => {
    gate.answer('Decide', message(DecisionSchema, { id: 'dec_01', state: State.ALLOWED, mayAct: true }));
    for (const given of [jkt, join(folder, 'agent.pem')]) {
      await countersign(on('decide', ...ACTION, '--audience', 'db', '--holder-key', given));
      expect(gate.seen.get('Decide')!.at(-1) as unknown as DecideRequest).toMatchObject({
        audience: 'db',
        holderKey: jkt,
      });
    }
    const wrong = await countersign(on('decide', ...ACTION, '--holder-key', join(folder, 'keys.json')));
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('holds no public or private key');
  });

  it('is redeemed with a proof that is made here', async () => {
    const decision = { id: 'dec_01', state: State.ALLOWED, mayAct: true };
    gate.answer('RedeemGrant', message(RedeemGrantResponseSchema, { redeemed: true, decision, use: 2, usesLeft: 1 }));
    const args = on('grant', 'redeem', mintGrant(), ...ACTION, '--audience', 'db');
    const { code, stdout } = await countersign([...args, '--holder-key', join(folder, 'agent.pem')]);
    expect(code).toBe(0);
    expect(stdout).toContain('use 2 of 3');
    const { proof, audience } = gate.seen.get('RedeemGrant')!.at(-1) as unknown as RedeemGrantRequest;
    expect(audience).toBe('db');
    expect(JSON.parse(Buffer.from(proof.split('.')[0]!, 'base64url').toString())).toMatchObject({
      alg: 'ES256',
      typ: 'dpop+jwt',
    });
    expect((await countersign([...args, '--proof', 'x', '--holder-key', 'y'])).code).toBe(2);
  });
});
