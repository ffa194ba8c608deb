import { requireScope, type Caller, type Directory } from '@countersign/directory';
import { browserToken, type Authenticate, type RawRoute } from '@countersign/service';
import type { ApprovalApi } from '../approvals/approval-api.js';
import { eventStream } from './events.js';
import { json, pageRoutes } from './pages.js';
import { signInRoutes } from './sign-in.js';

export interface InboxParts {
  approvals: ApprovalApi;
  authenticate: Authenticate<Caller>;
  /** The same, and it is no use of a sign-in: a page that is open and followed by nobody does not keep it alive. */
  look: Authenticate<Caller>;
  directory: () => Directory;
  /** Whether browsers reach it by https. */
  secure: boolean;
  /** Whether people can sign in with an identity provider. */
  provider: boolean;
}

/** The inbox in the browser. What it lists and votes with are the JSON twins; here is what only a browser needs. */
export function inboxRoutes({ approvals, authenticate, look, directory, secure, provider }: InboxParts): RawRoute[] {
  const route = (path: string, answer: RawRoute<Caller>['answer'], by = authenticate): RawRoute => {
    const credential = browserToken;
    const own: RawRoute<Caller> = { method: 'GET', path, limit: 0, authenticate: by, credential, answer };
    return own as RawRoute;
  };
  return [
    route('/inbox/me', async ({ call }) => {
      const { kind, id } = call.caller;
      const person = kind === 'person' ? directory().person(id) : undefined;
      if (!person) return json({ message: 'this is for people' }, 403);
      return json({ id: person.id, name: person.name, groups: person.groups });
    }),
    route(
      '/inbox/events',
      async ({ call, query, headers }) => {
        const { caller, signal } = call;
        requireScope(caller, 'read');
        const token = browserToken(headers)!;
        // A stream outlives its first look at the credential: whoever is signed out meanwhile sees no more.
        const stillIn = async () => (await look(token))?.id === caller.id;
        const views = approvals.watchAs(caller, query.get('time_zone') ?? '', stillIn, signal);
        return {
          status: 200,
          headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
          body: eventStream(views),
        };
      },
      look,
    ),
    ...signInRoutes(authenticate, secure, provider),
    ...pageRoutes(),
  ];
}
