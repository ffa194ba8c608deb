import type { Bus } from '@countersign/bus';
import type { Log } from '@countersign/service';
import { Deliveries, Notices, Requests, type Pool } from '@countersign/store';
import type { BesideReader } from './beside.js';
import { Clicks } from './clicks.js';
import type { NotifierConfig } from './config.js';
import { Consumer } from './consumer.js';
import type { Linking } from './linking.js';
import { Herald } from './herald.js';
import { SlackCommands } from './slack/commands.js';
import { SlackClient } from './slack/client.js';
import { SlackInteractions } from './slack/interactions.js';
import type { SlackDoor } from './slack/slack.controller.js';
import { Sheets } from './sheets.js';
import type { Surface } from './surface.js';
import { TeamsClient } from './teams/client.js';
import { TeamsLinking } from './teams/linking.js';
import { TeamsMessages } from './teams/messages.js';
import type { TeamsDoor } from './teams/teams.controller.js';
import { TeamsVerifier } from './teams/verify.js';
import type { Voting } from './voting.js';
import { Worker, type Pace } from './worker.js';

/** What the notifier is given: its own tables, the bus, and the way to where votes are counted. */
export interface NotifierParts {
  pool: Pool;
  bus: Bus;
  voting: Voting;
  /** Where people link their accounts. Absent: they cannot. */
  linking?: Linking;
  /** Where it is known what stands beside a request. Absent: cards do not show it. */
  beside?: BesideReader;
  log: Log;
  pace?: Partial<Pace>;
}

/** The notifier without a network: everything between the bus, the channels and intake. */
export class Notifier {
  readonly slack: SlackDoor | undefined;
  readonly teams: TeamsDoor | undefined;
  private readonly clicks: Clicks;
  private readonly consumer: Consumer;
  private readonly workers: (Worker | Herald)[];

  constructor(config: NotifierConfig, { pool, bus, voting, linking, beside, log, pace }: NotifierParts) {
    const requests = new Requests(pool);
    const deliveries = new Deliveries(pool);
    const clicks = (this.clicks = new Clicks({ requests, deliveries, voting, log }));
    const sheets = new Sheets({ deliveries, beside, inbox: config.inbox, log });
    const surfaces: Surface[] = [];
    if (config.slack) {
      const client = new SlackClient(config.slack);
      surfaces.push(client);
      const interactions = new SlackInteractions({ client, clicks }, config.slack.appId);
      const commands = linking && new SlackCommands({ linking, log }, config.slack.appId);
      this.slack = {
        interactions,
        signingSecrets: config.slack.signingSecrets,
        ...(commands ? { commands } : {}),
      };
    } else {
      log.info('slack is off: set COUNTERSIGN_SLACK_TOKEN and COUNTERSIGN_SLACK_SIGNING_SECRET to ask people there');
    }
    if (config.teams) {
      const client = new TeamsClient(config.teams, deliveries);
      surfaces.push(client);
      const links = linking ? { linking: new TeamsLinking({ linking, client, log }) } : {};
      const messages = new TeamsMessages({ clicks, requests, deliveries, sheets, ...links });
      this.teams = { verifier: new TeamsVerifier(config.teams), messages, log };
    } else {
      log.info('teams is off: set COUNTERSIGN_TEAMS_APP_ID and COUNTERSIGN_TEAMS_APP_SECRET to ask people there');
    }
    const notices = new Notices(pool);
    this.workers = surfaces.flatMap((surface) => [
      new Worker(surface, { deliveries, requests, sheets, log }, pace),
      new Herald(surface, { notices, log }, pace),
    ]);
    this.consumer = new Consumer({ bus, requests, notices, inbox: config.inbox, log, wake: () => this.wake() });
  }

  async start(): Promise<void> {
    for (const worker of this.workers) worker.start();
    await this.consumer.start();
  }

  /** Stops taking events first, then finishes what has been begun. */
  async stop(): Promise<void> {
    await this.consumer.stop();
    await this.clicks.drain();
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  private wake(): void {
    for (const worker of this.workers) worker.wake();
  }
}
