import { createPublicKey, hash, type JsonWebKey } from 'node:crypto';
import { EXIT } from '../exit.js';
import { say } from '../terminal.js';
import { verb } from '../verb.js';
import { fetchText, get, parseJsonObject } from '../web.js';

export const keys = verb({
  name: 'keys',
  summary: 'show the public keys of grants and of the ledger',
  about:
    'Prints the keys an outsider needs. Compare the fingerprints with ones you got another way before you trust them.',
  options: {},
  examples: ['countersign keys', 'countersign keys --json > keys.json'],
  exits: [0, 1, 2],
  async run({ terminal, config }) {
    const source = `${config.httpUrl}/.well-known/jwks.json`;
    const jwks = parseJsonObject(await fetchText(source), source);
    const grantKeys = (Array.isArray(jwks['keys']) ? jwks['keys'] : []) as (JsonWebKey & { kid?: string })[];
    const ledger = await get(`${config.httpUrl}/.well-known/ledger-key`);
    const ledgerKey = ledger.status === 200 ? ledger.text.trim() : undefined;
    if (terminal.json) {
      terminal.value({ ...jwks, ledger_key: ledgerKey ?? null });
      return EXIT.ok;
    }
    terminal.print(say`${say`Grants`.styled('bold')} (${source})`);
    for (const key of grantKeys)
      terminal.print(say`  ${key.kid ?? '(no id)'}  ${key.crv ?? key.kty ?? ''}  ${fingerprint(key)}`);
    terminal.print(say`${say`Ledger`.styled('bold')} (${config.httpUrl}/.well-known/ledger-key)`);
    terminal.print(ledgerKey ? say`  ${ledgerKey}` : say`  not published by this service`.styled('dim'));
    return EXIT.ok;
  },
});

function fingerprint(jwk: JsonWebKey): string {
  try {
    const der = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
    return `sha256:${hash('sha256', der, 'hex')}`;
  } catch {
    return 'not a key this program can read';
  }
}
