import { StatusError } from '@countersign/contract';
import type { FolderKey, KeyFolder } from '@countersign/keys';

/** For how long a replica whose clock is behind may still sign with the key before. */
const GRACE_MS = 120_000;
const LOOK_EVERY_MS = 10_000;

export interface GrantKeysParts {
  folder: Pick<KeyFolder, 'keys'>;
  /** Whether any grant that was issued before that time can still be used. */
  openBefore: (at: Date) => Promise<boolean>;
  now: () => Date;
}

/**
 * Which of the keys in the folder signs, and which are published. A key signs what is issued from its time on until the next
 * key's. It is published from when it is in the folder until the last grant it signed is used or over: from then on nobody
 * who verifies offline believes it. Redeeming believes every key in the folder, since there the decision has the last word.
 */
export class GrantKeys {
  readonly #retired = new Map<string, { at: number; retired: boolean }>();

  constructor(readonly parts: GrantKeysParts) {}

  /** The key for grants issued at that time. The same decision has the same grant, whichever replica makes it. */
  signerAt(issuedAtMs: number): FolderKey {
    const keys = this.parts.folder.keys();
    // With the key of that time taken away, the next one signs: the permission stands, and only its paper is renewed.
    const signer = keys.findLast(({ signsFrom }) => signsFrom <= issuedAtMs) ?? keys[0];
    if (signer) return signer;
    throw new StatusError('UNAVAILABLE', 'there is no key to sign grants with; nothing was permitted', {
      reason: 'NO_GRANT_KEY',
      retryAfterMs: 1_000,
    });
  }

  /** A key that is in the folder now: one that was taken away is not found from that moment. */
  find(kid: string): FolderKey | undefined {
    return this.parts.folder.keys().find((key) => key.kid === kid);
  }

  /** The public keys (RFC 7517), those that will sign later included. `nbf` says from when a key signs. */
  async jwks(): Promise<{ keys: object[] }> {
    const keys = await Promise.all(
      this.parts.folder.keys().map(async (key) => ((await this.#isRetired(key)) ? [] : [toJwk(key)])),
    );
    return { keys: keys.flat() };
  }

  /** Whether everything this key has signed is used up or over. */
  async #isRetired({ kid, signsFrom }: FolderKey): Promise<boolean> {
    const next = this.parts.folder.keys().find((key) => key.signsFrom > signsFrom);
    const nowMs = this.parts.now().getTime();
    if (!next || nowMs < next.signsFrom + GRACE_MS) return false;
    const known = this.#retired.get(kid);
    if (known && Math.abs(nowMs - known.at) < LOOK_EVERY_MS) return known.retired;
    // A key too many is published rather than none: the database may be away, and those who verify offline need not notice.
    const open = await this.parts.openBefore(new Date(next.signsFrom + GRACE_MS)).catch(() => true);
    this.#retired.set(kid, { at: nowMs, retired: !open });
    return !open;
  }
}

function toJwk({ kid, signsFrom, publicJwk: { kty, crv, x } }: FolderKey): object {
  return { kty, crv, x, kid, alg: 'EdDSA', use: 'sig', ...(signsFrom > 0 ? { nbf: signsFrom / 1000 } : {}) };
}
