import type { Caller, Directory } from '@countersign/directory';
import { agentIn, personIn } from './identity.js';
import type { Claims, Oidc } from './oidc.js';

const MOST_KEPT = 10_000;
/** A key that the identity provider has taken back is believed no longer than this. */
const BELIEVED_MS = 300_000;

/** Access tokens of the identity provider. One is verified once; whose it is is asked of the directory each time. */
export class SignedTokens {
  readonly #verified = new Map<string, { claims: Claims; until: number }>();

  constructor(readonly parts: { oidc: Oidc; directory: () => Directory; now: () => Date }) {}

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
    const now = directory();
    const agent = agentIn(claims, oidc.config);
    const person = personIn(claims, oidc.config);
    const caller =
      (agent === undefined ? undefined : now.callerFor('agent', agent)) ??
      (person === undefined ? undefined : now.callerFor('person', person));
    return caller && ({ ...caller, until: claims.exp! * 1000 } as Caller);
  }
}
