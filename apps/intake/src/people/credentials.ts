import { StatusError } from '@countersign/contract';
import { sameToken, type Caller, type Directory } from '@countersign/directory';
import type { Authenticate } from '@countersign/service';
import type { ApiTokens } from './api-tokens.js';
import type { SignedTokens } from './signed-tokens.js';
import { SignIns } from './sign-ins.js';
import { hashOf, isToken } from './token-text.js';

export interface CredentialSources {
  directory: () => Directory;
  tokens: ApiTokens;
  signIns: SignIns;
  /** Access tokens of the identity provider, where there is one. */
  signed?: SignedTokens;
  /** True when what was taken back elsewhere may not be known here. */
  stale: () => boolean;
  serviceToken?: string;
}

const SIGNED = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whose a credential is, from wherever it comes. It answers at once but for a token of the identity provider seen first. */
export class Credentials {
  readonly #isService: (token: string) => boolean;

  constructor(readonly sources: CredentialSources) {
    this.#isService = sources.serviceToken === undefined ? () => false : sameToken(sources.serviceToken);
  }

  readonly authenticate: Authenticate<Caller> = (token) => this.#callerOf(token, true);

  /** The same for a look that no person asks for, such as whether a stream may go on. */
  readonly look: Authenticate<Caller> = (token) => this.#callerOf(token, false);

  #callerOf(token: string, use: boolean): ReturnType<Authenticate<Caller>> {
    const tokenHash = hashOf(token);
    const known = this.callerOfHash(tokenHash, isToken(token) || SignIns.isToken(token), use);
    if (known) return known;
    if (this.#isService(token)) return { kind: 'service', id: 'notifier' };
    return this.sources.signed && SIGNED.test(token) ? this.sources.signed.callerOf(token, tokenHash) : undefined;
  }

  /** By the base64 of the SHA-256. `issued`: it is one of ours by its shape, or may be. Throws StatusError UNAVAILABLE. */
  callerOfHash(tokenHash: string, issued = true, use = true): Caller | undefined {
    const { directory, tokens, signIns, stale } = this.sources;
    const listed = directory().callerOfHash(tokenHash);
    if (listed || !issued) return listed;
    // A token that was revoked elsewhere must not work here because this process could not hear of it.
    if (stale())
      throw new StatusError('UNAVAILABLE', 'tokens cannot be looked up now: try again', {
        reason: 'DATABASE_UNAVAILABLE',
        retryAfterMs: 1_000,
      });
    return tokens.callerOfHash(tokenHash) ?? signIns.callerOfHash(tokenHash, use);
  }
}
