import type { IncomingHttpHeaders } from 'node:http';
import { invalidArgument, StatusError } from '@countersign/contract';
import type { Caller } from '@countersign/directory';
import { isFromOwnPage, signInCookie, type Authenticate, type RawAnswer, type RawRoute } from '@countersign/service';
import { json } from './pages.js';

const LIMIT = 16 * 1024;
/** Half a day: whoever comes back tomorrow signs in again. */
const SIGNED_IN_S = 12 * 3_600;

/** Signing in with an API token that is pasted, and which other way there is: `provider` if an identity provider is asked. */
export function signInRoutes(authenticate: Authenticate<Caller>, secure: boolean, provider: boolean): RawRoute[] {
  const withCookie = (token: string, answer: RawAnswer): RawAnswer => ({
    ...answer,
    headers: { ...answer.headers, 'set-cookie': signInCookie(token, { secure, maxAgeS: SIGNED_IN_S }) },
  });
  return [
    {
      method: 'POST',
      path: '/sign-in/token',
      limit: LIMIT,
      answer: async ({ headers, body }) => {
        mustBeOurs(headers);
        const token = await tokenIn(body);
        const caller = await authenticate(token);
        // The same words for what is nothing and for what belongs to an agent: nobody learns what a text is a credential for.
        if (caller?.kind !== 'person')
          throw new StatusError('UNAUTHENTICATED', "this is not a person's token: copy all of it", {
            reason: 'UNKNOWN_CREDENTIAL',
          });
        return withCookie(token, json({ name: caller.person.name }));
      },
    },
    {
      method: 'GET',
      path: '/sign-in/ways',
      limit: 0,
      answer: async () => json({ provider }),
    },
  ];
}

/** Another site must not sign a browser in as somebody else either: what is decided then would be under the wrong name. */
function mustBeOurs(headers: IncomingHttpHeaders): void {
  if (isFromOwnPage(headers)) return;
  throw new StatusError('PERMISSION_DENIED', 'only the page of this inbox may ask this', { reason: 'CROSS_SITE' });
}

async function tokenIn(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const problem = invalidArgument({ field: 'token', description: 'is missing: send {"token": "…"}' });
  try {
    const { token } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { token?: unknown };
    if (typeof token === 'string' && token.trim() !== '') return token.trim();
  } catch {
    throw problem;
  }
  throw problem;
}
