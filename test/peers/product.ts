import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandalone, type Standalone } from '@countersign/app-standalone';
import type { Envelope } from '@countersign/contract';
import { parseSettings } from '@countersign/service';
import pg from 'pg';
import { FakeSlack, FakeTeams } from '../fakes/index.js';
import { ANYTHING, answered, eventsOf, HOLD } from '../gate.js';
import { freePorts } from '../../tools/services/ports.mjs';
import { testDatabase } from '../postgres.js';
import { http, Refusal, type HttpOptions } from '../wire.js';
import { until } from '../until.js';

// The whole product as strangers meet it: HTTP, Slack and Teams, a real database, and a policy that answers what the request
// says. Sam owns release-bot and is everything an administrator can be; Lee is whom it works for.

const token = (name: string) => `token-of-${name}-for-attacks`;
const hash = (name: string) => `sha256:${createHash('sha256').update(token(name)).digest('hex')}`;

const DIRECTORY = (tenant: string) => `
people:
  - {id: dana@acme.example, name: Dana Ito, groups: [dba], tokens: ["${hash('dana')}"], links: {slack: T0ACME/U0DANA, teams: ${tenant}/dana}}
  - {id: ben@acme.example, name: Ben Okafor, groups: [dba, finance], tokens: ["${hash('ben')}"], links: {slack: T0ACME/U0BEN, teams: ${tenant}/ben}}
  - {id: ana@acme.example, name: Ana Roy, groups: [finance], tokens: ["${hash('ana')}"], links: {slack: T0ACME/U0ANA}}
  - {id: mallory@acme.example, name: Dana Ito, groups: [], tokens: ["${hash('mallory')}"], links: {slack: T0ACME/U0MALLORY}}
  - {id: eve@partner.example, name: Eve, groups: [dba], guest: true, tokens: ["${hash('eve')}"], links: {slack: T0ACME/U0EVE}}
  - {id: lee@acme.example, name: Lee Chan, groups: [dba], tokens: ["${hash('lee')}"]}
  - {id: sam@acme.example, name: Sam Ortiz, groups: [dba, finance, admins], roles: [approver, policy_admin, auditor, operator], tokens: ["${hash('sam')}"], links: {slack: T0ACME/U0SAM}}
agents:
  - {id: release-bot, owner: sam@acme.example, keys: ["${hash('release-bot')}"]}
  - {id: edge-gateway, owner: lee@acme.example, keys: ["${hash('edge-gateway')}"], may_assert_subjects: true}
groups:
  dba: {slack: C0DBA, teams: "19:dba@thread.tacv2"}
  finance: {slack: C0FINANCE}
  admins: null
`;

export type Json = { [key: string]: unknown };
export interface Told extends Json {
  id: string;
  state: string;
  may_act: boolean;
  final: boolean;
  grant?: string;
  reasons: { rule: string; text: string }[];
  approval: { votes: { voter: string; channel: string; seat?: string }[] };
}

export class Product {
  readonly slack = new FakeSlack();
  readonly teams = new FakeTeams();
  admin!: pg.Client;
  running!: Standalone;
  #database!: Awaited<ReturnType<typeof testDatabase>>;
  #folder!: string;
  #ports!: [number, number];

  async start(): Promise<this> {
    await Promise.all([this.slack.start(), this.teams.start()]);
    this.#database = await testDatabase();
    this.#folder = await mkdtemp(join(tmpdir(), 'countersign-attacks-'));
    this.#ports = await freePorts(2);
    await writeFile(join(this.#folder, 'directory.yaml'), DIRECTORY(this.teams.tenant));
    await this.#run();
    this.admin = new pg.Client({ connectionString: this.#database.url, options: '-c search_path=intake' });
    await this.admin.connect();
    return this;
  }

  /** As after a crash or a deployment: nothing that was only in memory is left. */
  async restart(): Promise<void> {
    await this.running.stop();
    await this.#run();
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    await this.admin?.end();
    await Promise.all([this.slack.stop(), this.teams.stop()]);
    await this.#database.drop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    const { slack, teams } = this;
    const settings = parseSettings({
      DATABASE_URL: this.#database.url,
      COUNTERSIGN_DATA_DIR: this.#folder,
      COUNTERSIGN_DIRECTORY: join(this.#folder, 'directory.yaml'),
      COUNTERSIGN_POLICIES: ANYTHING,
      COUNTERSIGN_GRPC_PORT: String(this.#ports[0]),
      COUNTERSIGN_HTTP_PORT: String(this.#ports[1]),
      COUNTERSIGN_LOG_LEVEL: 'silent',
      COUNTERSIGN_SLACK_TOKEN: slack.token,
      COUNTERSIGN_SLACK_SIGNING_SECRET: slack.signingSecret,
      COUNTERSIGN_SLACK_API_URL: slack.apiUrl,
      COUNTERSIGN_SLACK_APP_ID: slack.appId,
      COUNTERSIGN_TEAMS_APP_ID: teams.appId,
      COUNTERSIGN_TEAMS_APP_SECRET: teams.appSecret,
      COUNTERSIGN_TEAMS_TENANTS: teams.tenant,
      COUNTERSIGN_TEAMS_OPENID_METADATA_URL: teams.config.openIdMetadataUrl,
      COUNTERSIGN_TEAMS_TOKEN_URL: teams.config.tokenUrl,
      COUNTERSIGN_TEAMS_ISSUER: teams.issuer,
      COUNTERSIGN_TEAMS_SERVICE_HOSTS: teams.config.serviceHosts.join(','),
    });
    this.running = await startStandalone(settings, () => undefined);
  }

  get url(): string {
    return `http://127.0.0.1:${this.running.httpPort}`;
  }

  call<T = Told>(who: string | undefined, path: string, options?: HttpOptions): Promise<T> {
    return http<T>(this.running.httpPort, who === undefined ? undefined : token(who), path, options);
  }

  /** A request on these terms, and what of it is asked again at redemption. */
  request(approval: Json = {}, more: Json = {}): Json {
    const { action, resource, contextForm } = answered({
      ...HOLD,
      approval: { ...HOLD.approval, ...approval },
      ...more,
    });
    return { action, resource, arguments: { rows: 12_480 }, context: JSON.parse(contextForm.value) as Json };
  }

  ask(request: Json, options: HttpOptions = {}, who = 'release-bot'): Promise<Told> {
    return this.call(who, '/v1/decisions', { ...options, body: request });
  }

  read(id: string): Promise<Told> {
    return this.call('release-bot', `/v1/decisions/${id}`);
  }

  approve(who: string | undefined, id: string, more: Json = {}): Promise<{ decision: Told }> {
    return this.call(who, `/v1/approvals/${id}/votes`, { body: { vote: 'VOTE_APPROVE', ...more } });
  }

  deny(who: string, id: string, reason = 'not today'): Promise<{ decision: Told }> {
    return this.call(who, `/v1/approvals/${id}/votes`, { body: { vote: 'VOTE_DENY', reason } });
  }

  async redeem(request: Json, grant: string | undefined, change: Json = {}): Promise<{ redeemed: boolean }> {
    const { action, resource, arguments: given, context } = request;
    const body = { grant, action, resource, arguments: given, context, ...change };
    return this.call('release-bot', '/v1/grants:redeem', { body });
  }

  /** Clicks in Slack, and returns what is said to the one who clicked alone, if anything is. */
  async click(button: string, user: string, id: string, team = 'T0ACME'): Promise<string | undefined> {
    const message = await this.inSlack(id);
    const before = this.slack.notes.length;
    await this.slack.click(`${this.url}/slack/interactions`, message, button, { id: user, team });
    return this.slack.notes.slice(before).find(({ onlyFor }) => onlyFor === user)?.text;
  }

  /** The message about a decision: each is about another thing. */
  inSlack(id: string, channel = 'C0DBA') {
    return until(`the request ${id} is in ${channel}`, () => {
      const found = this.slack.messages.filter((message) => message.channel === channel);
      return found.find((message) => JSON.stringify(message.blocks).includes(id));
    });
  }

  inTeams(id: string) {
    return until(`the request ${id} is in Teams`, () =>
      this.teams.messages.find(({ card }) => JSON.stringify(card).includes(id)),
    );
  }

  async types(id: string): Promise<string[]> {
    return (await this.events(id)).map(({ type }) => type);
  }

  events(id: string): Promise<Envelope[]> {
    return eventsOf(this.admin, id);
  }
}

/** What a call is refused with. */
export async function refused(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.catch((reason: unknown) => reason);
  if (error instanceof Refusal) return error;
  throw new Error(`it was not refused: ${JSON.stringify(error)}`);
}
