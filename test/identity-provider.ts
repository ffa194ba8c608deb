import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload, type CryptoKey } from 'jose';
import Provider from 'oidc-provider';

// A real OpenID provider in this process, and a browser that is only redirects and cookies.

export const CLIENT = { id: 'countersign', secret: 'a secret of the test, long enough for it' };

export interface IdentityProvider {
  issuer: string;
  /** How often its keys were asked for. */
  keysAsked: number;
  /** What it says of an account beside what it says of all; changed by a test. */
  said: Record<string, object>;
  /** A token that the provider might have signed. */
  sign(claims: JWTPayload, header?: { kid?: string }): Promise<string>;
  stop(): Promise<void>;
}

/** `kid` names its one key, which is another one at every start. */
export async function startIdentityProvider(
  port: number,
  redirectUris: string[],
  kid = 'one',
): Promise<IdentityProvider> {
  const issuer = `http://127.0.0.1:${port}`;
  const said: IdentityProvider['said'] = {};
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
  void publicKey;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: redirectUris,
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['a key of the test'] },
    claims: {
      openid: ['sub', 'email', 'email_verified', 'groups', 'roles', 'name', '_claim_names', 'hasgroups'],
      profile: [],
      email: [],
    },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `Name of ${id}`,
        email: id,
        email_verified: id.startsWith('verified'),
        groups: ['dba'],
        roles: ['approver'],
        ...said[id],
      }),
    }),
  });
  const answer = provider.callback();
  const server: Server = createServer((request, response) => {
    if (request.url === '/jwks') running.keysAsked++;
    return answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const running: IdentityProvider = {
    issuer,
    keysAsked: 0,
    said,
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(privateKey as CryptoKey),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return running;
}

export interface Page {
  status: number;
  url: URL;
  headers: Headers;
  text: string;
}

/** Follows redirects by hand, so that a test can stop at any of them. */
export class Browser {
  readonly cookies = new Map<string, Map<string, string>>();

  async get(url: string | URL, init: RequestInit = {}): Promise<Page> {
    const target = new URL(url);
    const jar = this.#jar(target);
    const headers = new Headers(init.headers);
    headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(target, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const [name, value] = [pair!.slice(0, pair!.indexOf('=')), pair!.slice(pair!.indexOf('=') + 1)];
      if (value === '' || /max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return { status: response.status, url: target, headers: response.headers, text: await response.text() };
  }

  /** Goes where it is sent, until `stop` says so or it is sent nowhere. */
  async follow(page: Page, stop: (url: URL) => boolean = () => false): Promise<Page> {
    for (let now = page; ;) {
      const location = now.headers.get('location');
      if (location === null) return now;
      const next = new URL(location, now.url);
      if (stop(next)) return { ...now, url: next };
      now = await this.get(next);
    }
  }

  /** Signs in at the provider as this account, and stops with the address that leads back. */
  async through(start: Page, account: string, back: string): Promise<URL> {
    const isBack = (url: URL) => url.href.startsWith(back);
    let page = await this.follow(start, isBack);
    for (let step = 0; step < 4 && !isBack(page.url); step++) {
      const action = /action="([^"]+)"/.exec(page.text)?.[1];
      if (!action) throw new Error(`no form at ${page.url.href}: ${page.text.slice(0, 300)}`);
      const prompt = /name="prompt" value="(\w+)"/.exec(page.text)![1]!;
      const body = new URLSearchParams({ prompt, ...(prompt === 'login' ? { login: account, password: 'x' } : {}) });
      page = await this.follow(await this.get(new URL(action, page.url), { method: 'POST', body }), isBack);
    }
    return page.url;
  }

  cookie(url: string, name: string): string | undefined {
    return this.#jar(new URL(url)).get(name);
  }

  #jar({ host }: URL): Map<string, string> {
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    return jar;
  }
}
