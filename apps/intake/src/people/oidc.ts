import { StatusError } from '@countersign/contract';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type FetchImplementation, type JWTPayload } from 'jose';
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
/** How long its keys are kept. Whoever has a key that was taken back there is believed no longer than this and BELIEVED_MS. */
const KEYS_MS = 240_000;
/** A key that is not known is looked for no more often than this, whatever tokens come. */
const KEYS_COOLDOWN_MS = 30_000;

/** The identity provider, found by discovery. It is looked up when it is needed, so that its absence stops nobody who is in. */
export class Oidc {
  #found: Promise<Configuration> | undefined;
  #keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  #keysDownUntil = 0;

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
    this.#keys ??= createRemoteJWKSet(new URL(metadata.jwks_uri), {
      cacheMaxAge: KEYS_MS,
      cooldownDuration: KEYS_COOLDOWN_MS,
      timeoutDuration: PATIENCE_S * 1000,
      [customFetch]: this.#fetchKeys,
    });
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: metadata.issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_S,
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError && !NO_KEYS.has(error.code)) return undefined;
      // The token may be in order: whoever holds it must not be told that it is not known.
      throw unavailable('the keys of the identity provider cannot be had: try again in a moment', error as Error);
    }
  }

  /** While the keys cannot be had, a crowd of tokens asks for them once in a while and not once for each. */
  readonly #fetchKeys: FetchImplementation = async (url, options) => {
    if (Date.now() < this.#keysDownUntil) throw new TypeError('the keys could not be had a moment ago');
    this.#keysDownUntil = Date.now() + DOWN_MS;
    const response = await fetch(url, options);
    if (response.status === 200) this.#keysDownUntil = 0;
    return response;
  };

  async #discover(): Promise<Configuration> {
    if (!this.#found) {
      const found = (this.#found = this.#look());
      found.catch(() => setTimeout(() => (this.#found = undefined), DOWN_MS).unref());
    }
    try {
      return await this.#found;
    } catch (cause) {
      const { code } = cause as { code?: string };
      const other = code === ANOTHER_ISSUER;
      throw unavailable(
        other
          ? 'what answers at COUNTERSIGN_OIDC_ISSUER calls itself another issuer, so nobody can sign in: correct the setting'
          : 'the identity provider does not answer: try again in a moment',
        cause as Error,
      );
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

/** What openid-client says when the issuer in the metadata is not the one that was asked for. */
const ANOTHER_ISSUER = 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';
/** Of what can be wrong with a token, what is not wrong with the token: no answer, or none that holds keys. */
const NO_KEYS = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID']);

function unavailable(text: string, cause: Error): StatusError {
  return new StatusError('UNAVAILABLE', text, {
    reason: 'IDENTITY_PROVIDER_UNAVAILABLE',
    retryAfterMs: DOWN_MS,
    metadata: { cause: cause.name },
  });
}
