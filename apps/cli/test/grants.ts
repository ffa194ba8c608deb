import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { actionDigest, GRANT_TYPE, thumbprint } from '@countersign/grant';

// Grants as the gate signs them, for `db.delete` of 12,480 rows of prod.orders by release-bot.

const pair = generateKeyPairSync('ed25519');
const jwk = pair.publicKey.export({ format: 'jwk' });
export const KID = thumbprint(jwk);
export const JWKS = { keys: [{ ...jwk, kid: KID }] };
/** The same action as options, and as the body of a request. */
export const ACTION = ['--action', 'db.delete', '--arg', 'rows=12480', '--resource', 'table:prod.orders'];
export const BODY = {
  action: { name: 'db.delete' },
  arguments: { rows: 12480 },
  resource: { type: 'table', id: 'prod.orders' },
};

export function mintGrant(more: object = {}, key: KeyObject = pair.privateKey): string {
  const seconds = Math.floor(Date.now() / 1000);
  const { resource } = BODY;
  const action = { action: { name: 'db.delete', properties: BODY.arguments }, resource };
  const action_hash = actionDigest(action, 'release-bot');
  const claims = {
    ...{ iss: 'https://gate.example', sub: 'lee@acme.example', act: { sub: 'release-bot' } },
    ...{ jti: 'grt_01', txn: 'dec_01', pol: 'sha256:5f2a', iat: seconds, nbf: seconds, exp: seconds + 60 },
    ...{ max_uses: 1, approvals: [] },
    authorization_details: [{ type: 'countersign_action', action: 'db.delete', resource: resource.id, action_hash }],
    ...more,
  };
  const parts = [{ alg: 'EdDSA', typ: GRANT_TYPE, kid: KID }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}
