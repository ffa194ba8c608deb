import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings } from '@countersign/service';
import { startStandalone, type Standalone } from '@countersign/app-standalone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeSlack, FakeTeams } from '../fakes/index.js';
import { freePorts } from '../../tools/services/ports.mjs';
import { testDatabase } from '../postgres.js';
import { until } from '../until.js';

// The whole product with both channels on: one request, asked in Slack and in Teams, answered once.

const KEY = 'sha256:';
const DIRECTORY = (tenant: string, hashes: Record<string, string>) => `
people:
  - {id: dana@acme.example, name: Dana Ito, groups: [dba], links: {slack: T0ACME/U0DANA, teams: ${tenant}/dana}}
  - {id: sam@acme.example, name: Sam Ortiz, groups: [dba], links: {slack: T0ACME/U0SAM}}
agents:
  - {id: release-bot, owner: sam@acme.example, keys: ["${KEY}${hashes['bot']}"]}
groups:
  dba: {slack: C0DBA, teams: "19:dba@thread.tacv2"}
`;
const BOT = 'the-release-bot-key';

describe('one request in two channels', () => {
  const slack = new FakeSlack();
  const teams = new FakeTeams();
  let product: Standalone;
  let folder: string;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  const url = () => `http://127.0.0.1:${product.httpPort}`;

  beforeAll(async () => {
    await Promise.all([slack.start(), teams.start()]);
    database = await testDatabase();
    folder = await mkdtemp(join(tmpdir(), 'countersign-chat-'));
    const hash = createHash('sha256').update(BOT).digest('hex');
    await writeFile(join(folder, 'directory.yaml'), DIRECTORY(teams.tenant, { bot: hash }));
    const [grpcPort, httpPort] = await freePorts(2);
    const settings = parseSettings({
      DATABASE_URL: database.url,
      COUNTERSIGN_DATA_DIR: folder,
      COUNTERSIGN_DIRECTORY: join(folder, 'directory.yaml'),
      COUNTERSIGN_GRPC_PORT: String(grpcPort),
      COUNTERSIGN_HTTP_PORT: String(httpPort),
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
    product = await startStandalone(settings, () => undefined);
  });

  afterAll(async () => {
    await product?.stop();
    await Promise.all([slack.stop(), teams.stop()]);
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = async (rows: number) => {
    const response = await fetch(`${url()}/v1/decisions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${BOT}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        action: { name: 'db.delete' },
        arguments: { rows },
        resource: { type: 'table', id: 'prod.orders' },
      }),
    });
    return (await response.json()) as { id: string; state: string };
  };
  const read = async (id: string) => {
    const response = await fetch(`${url()}/v1/decisions/${id}`, { headers: { authorization: `Bearer ${BOT}` } });
    return (await response.json()) as { state: string; approval: { votes: { voter: string; channel: string }[] } };
  };
  const inSlack = (text: string) => slack.messages.find((_, i) => slack.read('C0DBA')[i]?.includes(text));

  it('a vote in Teams settles it, and the message in Slack says so and has no buttons', async () => {
    const { id } = await ask(12_480);
    const message = await until('the request is in Slack', () => inSlack('Delete 12,480 rows'));
    const card = await until('the request is in Teams', () => teams.messages[0]);
    const response = await teams.click(`${url()}/teams/messages`, card, 'Approve', {
      tenant: teams.tenant,
      oid: 'dana',
    });
    expect(response.status).toBe(200);
    expect(await read(id)).toMatchObject({
      state: 'STATE_ALLOWED',
      approval: { votes: [{ voter: 'dana@acme.example', channel: 'teams' }] },
    });
    await until('the buttons are gone', () => slack.buttons(message).length === 0);
    expect(slack.read('C0DBA')[0]).toContain('Approved by Dana Ito in Teams');
  });

  it('the owner of the agent is refused in Slack, privately, and nothing changes', async () => {
    const { id } = await ask(555);
    const message = await until('the request is in Slack', () => inSlack('Delete 555 rows'));
    await slack.click(`${url()}/slack/interactions`, message, 'Approve', { id: 'U0SAM', team: 'T0ACME' });
    const note = await until('a note to the one who clicked', () => slack.notes[0]);
    expect(note).toMatchObject({
      onlyFor: 'U0SAM',
      text: expect.stringContaining('You own the agent that asks') as string,
    });
    expect((await read(id)).state).toBe('STATE_PENDING');
  });

  it('somebody without a link is refused, whatever their display name', async () => {
    const { id } = await ask(777);
    const message = await until('the request is in Slack', () => inSlack('Delete 777 rows'));
    await slack.click(`${url()}/slack/interactions`, message, 'Approve', { id: 'U0NOBODY', team: 'T0ACME' });
    await until('a note to the stranger', () => slack.notes.some(({ onlyFor }) => onlyFor === 'U0NOBODY'));
    expect((await read(id)).state).toBe('STATE_PENDING');
  });
});
