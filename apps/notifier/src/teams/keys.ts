import { importJWK, type CryptoKey } from 'jose';
import { z } from 'zod';
import { isLoopback } from '@countersign/contract';

const Metadata = z.object({ jwks_uri: z.url() });
const Jwks = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), endorsements: z.array(z.string()).optional() })),
});

export interface SigningKey {
  key: CryptoKey;
  /** The channels this key may speak for. */
  endorsements: readonly string[];
}

const MAX_AGE_MS = 24 * 3_600_000;
/** A stranger can name unknown keys as often as it likes; we ask for new ones this often at most. */
const MIN_AGE_MS = 60_000;
const TIMEOUT_MS = 5_000;

/** The Bot Framework's signing keys, found through its OpenID metadata and kept for a day. */
export class SigningKeys {
  private keys = new Map<string, SigningKey>();
  private fetchedAt = -Infinity;
  private fetching: Promise<void> | undefined;

  constructor(private readonly metadataUrl: string) {}

  async find(kid: string): Promise<SigningKey | undefined> {
    const age = Date.now() - this.fetchedAt;
    if (age > MAX_AGE_MS || (!this.keys.has(kid) && age > MIN_AGE_MS)) {
      await (this.fetching ??= this.fetch().finally(() => (this.fetching = undefined)));
    }
    return this.keys.get(kid);
  }

  private async fetch(): Promise<void> {
    const { jwks_uri } = Metadata.parse(await readJson(this.metadataUrl));
    const { protocol, hostname } = new URL(jwks_uri);
    if (protocol !== 'https:' && !isLoopback(hostname)) throw new Error('the key set is not served over https');
    const found = new Map<string, SigningKey>();
    for (const jwk of Jwks.parse(await readJson(jwks_uri)).keys) {
      if (jwk.kty !== 'RSA') continue;
      const key = await importJWK(jwk, 'RS256');
      if (!(key instanceof Uint8Array)) found.set(jwk.kid, { key, endorsements: jwk.endorsements ?? [] });
    }
    this.keys = found;
    this.fetchedAt = Date.now();
  }
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${new URL(url).host} answered HTTP ${response.status}`);
  return response.json();
}
