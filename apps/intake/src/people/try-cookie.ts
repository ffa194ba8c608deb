import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { StatusError } from '@countersign/contract';
import type { Registry, Writer } from '@countersign/store';
import { newId } from '../ids.js';
import type { Try } from './oidc.js';

const NAME = 'countersign_sign_in_try';
const LONGEST_S = 600;
/** The kind, and the only id, under which the secret of the seal is kept. */
const SECRET = 'sign_in_secret';
const ONLY = 'try';

export interface TryCookieParts {
  registry: Registry;
  writer: Writer;
  /** Whether browsers reach it by https. */
  secure: boolean;
  now: () => Date;
}

/**
 * What the browser keeps while it is at the identity provider. Sealed, so that nobody who holds it can have begun earlier
 * than they did: how fresh a proof is counts from there. Every process opens what another has sealed.
 */
export class TryCookie {
  constructor(readonly parts: TryCookieParts) {}

  /** The value of Set-Cookie that keeps it. */
  async keep(attempt: Try): Promise<string> {
    const text = Buffer.from(JSON.stringify(attempt)).toString('base64url');
    return this.#cookie(`${text}.${(await this.#seal(text)).toString('base64url')}`, LONGEST_S);
  }

  /** The value of Set-Cookie that takes it away. */
  forget(): string {
    return this.#cookie('', 0);
  }

  /** What was kept. Throws StatusError UNAUTHENTICATED when there is none of ours, or one that is over. */
  async open(cookies: string | undefined): Promise<Try> {
    const pairs = (cookies ?? '').split(';').map((pair) => pair.trim());
    const [found, ...more] = pairs.filter((pair) => pair.startsWith(`${NAME}=`));
    const [text = '', seal = ''] = found?.slice(NAME.length + 1).split('.') ?? [];
    if (more.length > 0 || !sameBytes(await this.#seal(text), Buffer.from(seal, 'base64url'))) throw notBegun();
    const attempt = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Try;
    if (attempt.at <= this.parts.now().getTime() - LONGEST_S * 1000) throw notBegun();
    return attempt;
  }

  #cookie(value: string, maxAgeS: number): string {
    // Lax, because the browser comes back from another site.
    return `${NAME}=${value}; Path=/sign-in; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${this.parts.secure ? '; Secure' : ''}`;
  }

  async #seal(text: string): Promise<Buffer> {
    return createHmac('sha256', await this.#secret())
      .update(text)
      .digest();
  }

  async #secret(): Promise<string> {
    const { registry, writer, now } = this.parts;
    const kept = () => registry.get<{ secret: string }>(SECRET, ONLY)?.state.secret;
    if (kept() === undefined) {
      // Of several processes that have none, one writes the secret of all.
      const state = { secret: randomBytes(32).toString('base64url') };
      const change = { kind: SECRET, id: ONLY, expected: 0, state };
      await writer.write({ decisionId: newId('ppl', now().getTime()), events: [], registry: [change] });
      await registry.refresh();
    }
    return kept()!;
  }
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function notBegun(): StatusError {
  return new StatusError('UNAUTHENTICATED', 'this browser did not start to sign in here, or did so too long ago', {
    reason: 'NO_SIGN_IN_BEGUN',
  });
}
