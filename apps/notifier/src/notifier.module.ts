import { Module, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { NotifierConfig } from './config.js';
import { Notifier, type NotifierParts } from './notifier.js';
import { SLACK, SlackController } from './slack/slack.controller.js';
import { TEAMS, TeamsController } from './teams/teams.controller.js';

const NOTIFIER = Symbol('notifier');

@Module({})
class NotifierModule {}

/** Ties the notifier's life to its process. */
class Life implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly notifier: Notifier) {}

  onApplicationBootstrap(): Promise<void> {
    return this.notifier.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.notifier.stop();
  }
}

export function notifierModule(config: NotifierConfig, parts: NotifierParts): DynamicModule {
  return {
    module: NotifierModule,
    controllers: [SlackController, TeamsController],
    providers: [
      { provide: NOTIFIER, useFactory: () => new Notifier(config, parts) },
      { provide: SLACK, useFactory: (notifier: Notifier) => notifier.slack, inject: [NOTIFIER] },
      { provide: TEAMS, useFactory: (notifier: Notifier) => notifier.teams, inject: [NOTIFIER] },
      { provide: Life, useFactory: (notifier: Notifier) => new Life(notifier), inject: [NOTIFIER] },
    ],
    exports: [NOTIFIER],
  };
}
