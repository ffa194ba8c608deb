import type { Caller, Directory } from '@countersign/directory';
import type { BoundAccounts } from './bound-accounts.js';
import { agentIn, isOfAgent, personIn } from './identity.js';
import { SKEW_S, type Claims, type Oidc } from './oidc.js';

const MOST_KEPT = 10_000;
/** How long a token is believed once it was verified: its key may have been taken back since. */
const BELIEVED_MS = 60_000;

/** Access tokens of the identity provider. One is verified once; whose it is is asked of the directory each time. */
export class SignedTokens {
  readonly #verified = new Map<string, { claims: Claims; until: number }>();

  constructor(readonly parts: { oidc: Oidc; directory: () => Directory; now: () => Date; accounts?: BoundAccounts }) {}

  callerOf(token: string, tokenHash: string): Caller | undefined | Promise<Caller | undefined> {
    const known = this.#verified.get(tokenHash);
    if (known && known.until > this.parts.now().getTime()) return this.#holder(known.claims);
    return this.#verify(token, tokenHash);
  }

  async #verify(token: string, tokenHash: string): Promise<Caller | undefined> {
    const claims = await this.parts.oidc.verify(token);
    if (!claims) return undefined;
    if (this.#verified.size >= MOST_KEPT) this.#verified.clear();
    const until = Math.min(claims.exp! * 1000, this.parts.now().getTime() + BELIEVED_MS);
    this.#verified.set(tokenHash, { claims, until });
    return this.#holder(claims);
  }

  #holder(claims: Claims): Caller | undefined {
    const { oidc, directory } = this.parts;
    // A token of an agent is an agent's or nobody's: one that is disabled must not become whoever its token was made for.
    const kind = isOfAgent(claims, oidc.config) ? 'agent' : 'person';
    const id = kind === 'agent' ? agentIn(claims, oidc.config) : personIn(claims, oidc.config);
    if (kind === 'person' && id !== undefined && !this.#isBound(id, claims)) return undefined;
    const issued = new Date(((claims.iat ?? 0) + SKEW_S) * 1000).toISOString();
    const caller = id === undefined ? undefined : directory().callerFor(kind, id, issued);
    return caller && ({ ...caller, until: claims.exp! * 1000 } as Caller);
  }

  /** An address alone says who somebody is only once they have signed in: that is what ties it to their account. */
  #isBound(person: string, { sub }: Claims): boolean {
    return this.parts.accounts?.holds(person, sub) ?? true;
  }
}
