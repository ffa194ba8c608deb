import type { IncomingMessage } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type GenerateKeyPairResult, type JWK } from 'jose';
import { checkCard, press, readCard, type Json } from './adaptive-card.js';
import { FakeServer, type Answered } from './http.js';

export interface TeamsMessage {
  conversation: string;
  id: string;
  card: Json;
  summary: string;
  updates: number;
  /** The message it is below. */
  thread?: string;
}

export interface TeamsPerson {
  tenant: string;
  oid: string;
}

/** What to get wrong in a call of Teams to the bot. */
export interface Forgery {
  token?: string | null;
  claims?: Json;
  /** Lifetime of the token in seconds from now. */
  expiresInS?: number;
  key?: 'endorsed' | 'unendorsed' | 'unknown';
  body?: Json;
}

const KIDS = ['endorsed', 'unendorsed', 'unknown'];
/** Made once for all fakes of a process: RSA keys are slow to make. */
let PAIRS: Promise<GenerateKeyPairResult[]> | undefined;

/** The Bot Framework at its HTTP edge: token endpoint, key set, connector, and people who click with a real token. */
export class FakeTeams extends FakeServer {
  readonly appId = '11111111-2222-3333-4444-555555555555';
  readonly appSecret = 'fake-app-secret';
  readonly issuer = 'https://api.botframework.test';
  readonly tenant = 'aaaaaaaa-0000-0000-0000-000000000001';
  readonly messages: TeamsMessage[] = [];
  tokensGiven = 0;
  private readonly botTokens = new Set<string>();
  private readonly privateKeys = new Map<string, CryptoKey>();
  private readonly jwks: JWK[] = [];
  private nextId = 1_763_700_000_000;

  override async start(): Promise<this> {
    PAIRS ??= Promise.all(KIDS.map(() => generateKeyPair('RS256', { extractable: true })));
    for (const [index, { publicKey, privateKey }] of (await PAIRS).entries()) {
      const kid = KIDS[index]!;
      this.privateKeys.set(kid, privateKey);
      const jwk = {
        ...(await exportJWK(publicKey)),
        kid,
        endorsements: kid === 'endorsed' ? ['msteams', 'webchat'] : ['webchat'],
      };
      if (kid !== 'unknown') this.jwks.push(jwk);
    }
    return super.start();
  }

  get serviceUrl(): string {
    return `${this.origin}/teams/`;
  }

  /** The settings of a bot that lives here. */
  get config() {
    return {
      appId: this.appId,
      appSecret: this.appSecret,
      tenants: [this.tenant],
      openIdMetadataUrl: `${this.origin}/v1/.well-known/openidconfiguration`,
      tokenUrl: `${this.origin}/oauth2/v2.0/token`,
      issuer: this.issuer,
      serviceHosts: [this.host],
    };
  }

  /** What everybody sees in a conversation. */
  read(conversation: string): string[] {
    return this.messages
      .filter((message) => message.conversation === conversation && !message.thread)
      .map(({ card }) => readCard(card));
  }

  /** What was said below a message. */
  below({ conversation, id }: TeamsMessage): TeamsMessage[] {
    return this.messages.filter((message) => message.conversation === conversation && message.thread === id);
  }

  /** Presses a button, with what the person typed, as Teams reports it to the bot. */
  click(
    url: string,
    message: TeamsMessage,
    button: string,
    person: TeamsPerson,
    typed: Json = {},
    forgery: Forgery = {},
  ): Promise<Response> {
    const { action } = press(message.card, button);
    const data = { ...(action['data'] as Json), ...typed };
    return this.send(
      url,
      {
        type: 'invoke',
        name: 'adaptiveCard/action',
        replyToId: message.id,
        conversation: {
          id: `${message.conversation};messageid=${message.id}`,
          tenantId: person.tenant,
          conversationType: 'channel',
        },
        channelData: { tenant: { id: person.tenant } },
        from: { id: `29:${person.oid}`, name: 'Whoever', aadObjectId: person.oid },
        value: { action: { type: 'Action.Execute', verb: action['verb'], data }, trigger: 'manual' },
      },
      forgery,
    );
  }

  /** Sends an activity with a token, either of them as wrong as asked. */
  async send(url: string, activity: Json, forgery: Forgery = {}): Promise<Response> {
    const body: Json = { id: 'f:1', channelId: 'msteams', serviceUrl: this.serviceUrl, ...activity, ...forgery.body };
    const token = forgery.token === undefined ? await this.sign(forgery) : forgery.token;
    return fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
  }

  private sign({ claims = {}, expiresInS = 3600, key = 'endorsed' }: Forgery): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      serviceurl: this.serviceUrl,
      iss: this.issuer,
      aud: this.appId,
      nbf: now - 3600,
      exp: now + expiresInS,
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: key, typ: 'JWT' })
      .sign(this.privateKeys.get(key)!);
  }

  protected answer(request: IncomingMessage, body: Buffer): Answered {
    const path = request.url ?? '';
    if (path === '/v1/.well-known/openidconfiguration')
      return { status: 200, body: { issuer: this.issuer, jwks_uri: `${this.origin}/v1/keys` } };
    if (path === '/v1/keys') return { status: 200, body: { keys: this.jwks } };
    if (path === '/oauth2/v2.0/token') return this.giveToken(new URLSearchParams(body.toString('utf8')));
    if (path === '/teams/v3/conversations') return this.open(request, JSON.parse(body.toString('utf8')) as Json);
    const [, encoded, id] = /^\/teams\/v3\/conversations\/([^/]+)\/activities(?:\/([^/]+))?$/.exec(path) ?? [];
    if (!encoded) return { status: 404 };
    const fault = this.nextFault(request.method ?? '');
    if (fault && 'status' in fault) {
      return { status: fault.status, headers: fault.retryAfterS ? { 'retry-after': String(fault.retryAfterS) } : {} };
    }
    if (fault && !fault.effect) return 'silence';
    if (!this.botTokens.has(request.headers.authorization ?? '')) return { status: 401 };
    const activity = JSON.parse(body.toString('utf8')) as Json;
    const [conversation, thread] = decodeURIComponent(encoded).split(';messageid=');
    const isReply = request.method === 'POST' && id !== undefined;
    const answered = this.keep(conversation!, isReply ? undefined : id, activity, isReply ? id : thread);
    return fault ? 'silence' : answered;
  }

  /** The conversation of the bot with one member, always the same. */
  private open(request: IncomingMessage, wanted: Json): Answered {
    const fault = this.nextFault('OPEN');
    if (fault && 'status' in fault) return { status: fault.status };
    if (!this.botTokens.has(request.headers.authorization ?? '')) return { status: 401 };
    const members = wanted['members'] as { id: string }[];
    const known =
      wanted['isGroup'] === false && members.length === 1 && (wanted['bot'] as Json)['id'] === `28:${this.appId}`;
    const tenant = (wanted['channelData'] as { tenant: { id: string } }).tenant.id;
    return known && tenant === wanted['tenantId']
      ? { status: 201, body: { id: `a:${tenant}/${members[0]!.id}` } }
      : { status: 400 };
  }

  private giveToken(form: URLSearchParams): Answered {
    const right =
      form.get('grant_type') === 'client_credentials' &&
      form.get('client_id') === this.appId &&
      form.get('client_secret') === this.appSecret &&
      form.get('scope') === 'https://api.botframework.com/.default';
    if (!right) return { status: 401, body: { error: 'invalid_client' } };
    const access_token = `bot-token-${++this.tokensGiven}`;
    this.botTokens.add(`Bearer ${access_token}`);
    return { status: 200, body: { token_type: 'Bearer', access_token, expires_in: 3600 } };
  }

  /** The connector stops accepting the tokens it has given. */
  revokeTokens(): void {
    this.botTokens.clear();
  }

  private keep(conversation: string, id: string | undefined, activity: Json, thread: string | undefined): Answered {
    if (!/^(19|a):/.test(conversation)) return { status: 404 };
    if (thread && !this.messages.some((one) => one.conversation === conversation && one.id === thread))
      return { status: 404 };
    const [attachment] = (activity['attachments'] ?? []) as Json[];
    if (!attachment) return { status: 400 };
    const card = attachment['content'] as Json;
    try {
      checkCard(card);
    } catch (error) {
      return { status: 413, body: { error: { message: (error as Error).message } } };
    }
    const summary = String(activity['summary']);
    if (id === undefined) {
      const below = thread ? { thread } : {};
      const message = { conversation, id: String(++this.nextId), card, summary, updates: 0, ...below };
      this.messages.push(message);
      return { status: 201, body: { id: message.id } };
    }
    const message = this.messages.find((one) => one.conversation === conversation && one.id === id);
    if (!message) return { status: 404 };
    Object.assign(message, { card, summary, updates: message.updates + 1 });
    return { status: 200, body: { id } };
  }
}
