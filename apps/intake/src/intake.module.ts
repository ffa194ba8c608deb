import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { IntakeConfig } from './config.js';
import { Intake, type IntakeParts } from './intake.js';

export const INTAKE = Symbol('intake');

@Module({})
class IntakeModule {}

/** Starts and stops intake with the application. */
class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(readonly intake: Intake) {}

  onApplicationBootstrap(): Promise<void> {
    return this.intake.start();
  }

  beforeApplicationShutdown(): void {
    this.intake.endWaiting();
  }

  onApplicationShutdown(): Promise<void> {
    return this.intake.stop();
  }
}

export function intakeModule(config: IntakeConfig, parts: IntakeParts): DynamicModule {
  return {
    module: IntakeModule,
    providers: [
      { provide: INTAKE, useFactory: () => new Intake(config, parts) },
      { provide: Lifecycle, useFactory: (intake: Intake) => new Lifecycle(intake), inject: [INTAKE] },
    ],
    exports: [INTAKE],
  };
}
