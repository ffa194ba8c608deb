import { sameIdentity } from '@countersign/approval';
import { StatusError } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import {
  isFromOwnPage,
  signInCookie,
  signInToken,
  type Log,
  type RawAnswer,
  type RawRoute,
} from '@countersign/service';
import { isDecisionId } from '../ids.js';
import { describedIn, otherNamesIn, personIn, textIn, textsIn } from './identity.js';
import { SKEW_S, type Claims, type Oidc, type Try } from './oidc.js';
import type { Proof, SignIns } from './sign-ins.js';
import { hashOf } from './token-text.js';
import type { TryCookie } from './try-cookie.js';

export interface SignInParts {
  oidc?: Oidc;
  tryCookie: TryCookie;
  signIns: SignIns;
  directory: () => Directory;
  /** Whether browsers reach it by https. */
  secure: boolean;
  log: Log;
  now: () => Date;
}

/** How fresh a proof must be that is given for one decision. */
const FRESH_MS = 5 * 60_000;

/** Signing in with the identity provider, and signing out. */
export function oidcRoutes(parts: SignInParts): RawRoute[] {
  const { oidc, signIns, tryCookie, secure, log, now } = parts;
  const cookies = (...values: string[]) => ({ 'set-cookie': values });
  const out: RawRoute = {
    method: 'POST',
    path: '/sign-out',
    limit: 16 * 1024,
    answer: async ({ headers }) => {
      // Another site must not sign anybody out either.
      if (!isFromOwnPage(headers))
        throw new StatusError('PERMISSION_DENIED', 'only a page of ours may ask this', { reason: 'CROSS_SITE' });
      const token = signInToken(headers);
      if (token) await signIns.end(token);
      const gone = cookies(signInCookie('', { secure, maxAgeS: 0 }));
      return { status: 200, headers: { ...gone, 'content-type': 'application/json' }, body: '{}\n' };
    },
  };
  if (!oidc) return [out];
  return [
    out,
    {
      method: 'GET',
      path: '/sign-in',
      limit: 0,
      answer: async ({ query, headers }) => {
        const step_up = query.get('step_up') ?? '';
        const held = signInToken(headers);
        const wish = {
          to: ownPath(query.get('to') ?? (isDecisionId(step_up) ? `/inbox/${step_up}` : '/inbox')),
          ...(isDecisionId(step_up) ? { step_up } : {}),
          ...(held ? { replaces: hashOf(held) } : {}),
        };
        try {
          const { url, attempt } = await oidc.begin(wish, now());
          return { status: 303, headers: { location: url.href, ...cookies(await tryCookie.keep(attempt)) } };
        } catch (error) {
          return problemPage(error, log);
        }
      },
    },
    {
      method: 'GET',
      path: '/sign-in/callback',
      limit: 0,
      answer: async ({ query, headers }) => {
        try {
          const attempt = await tryCookie.open(headers.cookie);
          const claims = await oidc.finish(query, attempt);
          const { token, maxAgeS } = await enter(parts, oidc, claims, attempt);
          const set = cookies(signInCookie(token, { secure, maxAgeS }), tryCookie.forget());
          // A page and not a redirect: the browser sends a strict cookie only where our own page has sent it.
          return page(200, 'Signed in', `<a href="${escape(attempt.to)}">Go on</a>`, {
            ...set,
            refresh: `0; url=${attempt.to}`,
          });
        } catch (error) {
          const answer = problemPage(error, log);
          return { ...answer, headers: { ...answer.headers, ...cookies(tryCookie.forget()) } };
        }
      },
    },
  ];
}

async function enter({ directory, signIns, now }: SignInParts, { config }: Oidc, claims: Claims, attempt: Try) {
  const id = personIn(claims, config);
  if (id === undefined && config.subjectClaim === 'email')
    throw new StatusError('PERMISSION_DENIED', 'the identity provider has not verified your address: do that there', {
      reason: 'EMAIL_NOT_VERIFIED',
    });
  const { people, agents } = directory().data;
  // Whoever another source knows, by whichever spelling, is who it says: never a person of their own beside that.
  const names = id === undefined ? [] : [id, ...otherNamesIn(claims, id)];
  const isNamed = (own: string) => names.some((name) => sameIdentity(own, name));
  const stated = [
    ...people.filter(({ id: own, also = [], claimed }) => !claimed && [own, ...also].some(isNamed)),
    ...agents.filter(({ id: own }) => isNamed(own)),
  ];
  const listed = people.find((one) => one.id === id && stated.includes(one));
  const claimed = id === undefined || stated.length > 0 ? undefined : describedIn(claims, id, config);
  const person = listed ?? (claimed && { id: id!, name: claimed.name, disabled: false });
  if (!person || person.disabled)
    throw new StatusError('PERMISSION_DENIED', 'you are not in the directory here: ask its administrator', {
      reason: 'NOT_IN_DIRECTORY',
    });
  const proof = { ...proofIn(claims, config.issuer), ...(attempt.step_up ? { step_up: attempt.step_up } : {}) };
  if (attempt.step_up !== undefined) requireFresh(proof, attempt, now());
  return signIns.begin(person, proof, {
    tried: attempt.state,
    ...(claimed ? { claimed } : {}),
    ...(attempt.replaces ? { replaces: attempt.replaces } : {}),
  });
}

/** A proof that was there before it was asked for is none: the identity provider may not have asked. */
function requireFresh({ auth_time }: Proof, { at }: Try, now: Date): void {
  const proved = Date.parse(auth_time ?? '');
  if (proved >= at - SKEW_S * 1000 && proved >= now.getTime() - FRESH_MS) return;
  throw new StatusError(
    'PERMISSION_DENIED',
    'the identity provider did not ask you to sign in again: sign out there first',
    {
      reason: 'NOT_FRESH',
    },
  );
}

function proofIn(claims: Claims, issuer: string): Proof {
  const { auth_time } = claims as { auth_time?: unknown };
  const [subject, acr] = [textIn(claims, 'sub'), textIn(claims, 'acr')];
  const methods = textsIn(claims, 'amr').slice(0, 20);
  return {
    issuer,
    ...(subject === undefined ? {} : { subject }),
    ...(typeof auth_time === 'number' ? { auth_time: new Date(auth_time * 1000).toISOString() } : {}),
    ...(acr === undefined ? {} : { acr }),
    ...(methods.length > 0 ? { amr: methods } : {}),
  };
}

/** A path of ours, or the inbox: whoever made the link does not choose the site that people end on. */
export function ownPath(to: string): string {
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(to) || to.includes('\\')) return '/inbox';
  const origin = 'http://own.invalid';
  return URL.canParse(to, origin) && new URL(to, origin).origin === origin ? to : '/inbox';
}

const STATUSES = { PERMISSION_DENIED: 403, UNAUTHENTICATED: 401, UNAVAILABLE: 503 } as Record<string, number>;

function problemPage(error: unknown, log: Log): RawAnswer {
  if (!(error instanceof StatusError)) throw error;
  log.warn({ reason: error.details.reason, cause: error.message }, 'a sign-in failed');
  const status = STATUSES[error.status] ?? 500;
  return page(status, 'Not signed in', `${escape(error.message)}.</p><p><a href="/sign-in">Try again</a>`, {});
}

function page(status: number, title: string, body: string, headers: Record<string, string | string[]>): RawAnswer {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${body}</p></html>\n`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      ...headers,
    },
    body: html,
  };
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
