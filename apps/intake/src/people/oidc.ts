import { StatusError } from '@countersign/contract';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  clockTolerance,
  ClientSecretBasic,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';

export interface OidcConfig {
  issuer: string;
  clientId: string;
  clientSecret?: string;
  scopes: string;
  redirectUri: string;
  /** The claim that is a person's id in the directory. */
  subjectClaim: string;
  groupsClaim?: string;
  rolesClaim?: string;
  /** The claim that names an agent, in tokens that only agents get. */
  agentClaim?: string;
  /** Audience of access tokens that the API takes. Absent: it takes none. */
  audience?: string;
}

/** One way through the identity provider: what the browser keeps until it comes back. */
export interface Try {
  state: string;
  nonce: string;
  verifier: string;
  /** The page to go to in the end: a path of ours. */
  to: string;
  /** Milliseconds since the epoch. */
  at: number;
  step_up?: string;
  /** Hash of the sign-in that this one takes the place of. */
  replaces?: string;
}

export type Claims = JWTPayload & Record<string, unknown>;

/** Signature algorithms with which whoever verifies cannot forge. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
export const SKEW_S = 30;
const PATIENCE_S = 5;
/** For how long it is believed that the identity provider cannot be reached. */
const DOWN_MS = 2_000;

/** The identity provider, found by discovery. It is looked up when it is needed, so that its absence stops nobody who is in. */
export class Oidc {
  #found: Promise<Configuration> | undefined;
  #keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(readonly config: OidcConfig) {}

  /** Where to send the browser. Throws StatusError UNAVAILABLE. */
  async begin(wish: Pick<Try, 'to' | 'step_up' | 'replaces'>, now: Date): Promise<{ url: URL; attempt: Try }> {
    const found = await this.#discover();
    const attempt: Try = {
      ...wish,
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
      at: now.getTime(),
    };
    const url = buildAuthorizationUrl(found, {
      redirect_uri: this.config.redirectUri,
      scope: this.config.scopes,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
      // To prove once more who they are, people are asked even where the identity provider knows them still.
      ...(wish.step_up === undefined ? {} : { max_age: '0', prompt: 'login' }),
    });
    return { url, attempt };
  }

  /** What the identity provider says of whoever came back. Throws StatusError UNAUTHENTICATED or UNAVAILABLE. */
  async finish(query: URLSearchParams, { state, nonce, verifier }: Try): Promise<Claims> {
    const found = await this.#discover();
    const url = new URL(this.config.redirectUri);
    url.search = query.toString();
    try {
      const tokens = await authorizationCodeGrant(found, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      return tokens.claims() as Claims;
    } catch (cause) {
      // What exactly was wrong is for the log and not for whoever tries.
      throw new StatusError(
        'UNAUTHENTICATED',
        `the identity provider's answer does not hold (${(cause as { code?: string }).code ?? (cause as Error).name})`,
        { reason: 'SIGN_IN_FAILED' },
      );
    }
  }

  /** The claims of an access token for our API, or undefined if it is none that holds. Throws StatusError UNAVAILABLE. */
  async verify(token: string): Promise<Claims | undefined> {
    const { audience } = this.config;
    if (audience === undefined) return undefined;
    const metadata = (await this.#discover()).serverMetadata();
    if (!metadata.jwks_uri) return undefined;
    // Keys are kept, looked up again for a key id that is not known, and never more often than twice a minute.
    this.#keys ??= createRemoteJWKSet(new URL(metadata.jwks_uri), { cooldownDuration: 30_000, timeoutDuration: 5_000 });
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: metadata.issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_S,
        requiredClaims: ['exp'],
      });
      return payload;
    } catch {
      return undefined;
    }
  }

  async #discover(): Promise<Configuration> {
    if (!this.#found) {
      const found = (this.#found = this.#look());
      found.catch(() => setTimeout(() => (this.#found = undefined), DOWN_MS).unref());
    }
    try {
      return await this.#found;
    } catch (cause) {
      throw new StatusError('UNAVAILABLE', 'the identity provider does not answer: try again in a moment', {
        reason: 'IDENTITY_PROVIDER_UNAVAILABLE',
        retryAfterMs: DOWN_MS,
        metadata: { cause: (cause as Error).name },
      });
    }
  }

  async #look(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.config;
    const url = new URL(issuer);
    const found = await discovery(
      url,
      clientId,
      { [clockTolerance]: SKEW_S },
      clientSecret === undefined ? None() : ClientSecretBasic(clientSecret),
      { timeout: PATIENCE_S, ...(url.protocol === 'http:' ? { execute: [allowInsecureRequests] } : {}) },
    );
    // The signature counts, not only the way on which the token came.
    enableNonRepudiationChecks(found);
    return found;
  }
}
