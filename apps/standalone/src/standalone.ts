import { join } from 'node:path';
import { auditConfig, auditModule, auditEndpoints } from '@countersign/app-audit';
import { decisionModule, decisionEndpoints } from '@countersign/app-decision';
import { INTAKE, intakeConfig, intakeModule, openPolicy, policySupply, type Intake } from '@countersign/app-intake';
import { notifierConfig, notifierModule } from '@countersign/app-notifier';
import { KafkaBus, MemoryBus, type Bus } from '@countersign/bus';
import { AUDIT_GROUP, EVENTS_TOPIC, NOTIFIER_GROUP } from '@countersign/contract';
import { openDirectory } from '@countersign/directory';
import {
  mergedServices,
  Metrics,
  openLog,
  Readiness,
  startService,
  type Log,
  type Settings,
} from '@countersign/service';
import { migrate, openPool, startPostgres } from '@countersign/store';
import { InProcessIntake } from './in-process-intake.js';
import { standaloneModule } from './standalone.module.js';

export interface Standalone {
  grpcPort: number;
  httpPort: number;
  /** True when everybody can be anybody: the identities are those of the repository. */
  development: boolean;
  revision: string;
  embeddedDatabase: boolean;
  kafka: boolean;
  stop(): Promise<void>;
}

/** The four services in one process: the same modules, the same code paths, composed with in-process parts. */
export async function startStandalone(settings: Settings, progress: (line: string) => void): Promise<Standalone> {
  const grpcPort = settings.COUNTERSIGN_GRPC_PORT ?? 7443;
  const httpPort = settings.COUNTERSIGN_HTTP_PORT ?? 7480;
  const log = openLog('standalone', settings.COUNTERSIGN_LOG_LEVEL);
  const metrics = new Metrics();
  const readiness = new Readiness();
  const directory = openDirectory(settings.COUNTERSIGN_DIRECTORY, log);

  // The database and the policies have nothing to do with each other, so they come up side by side.
  const policyReady = openPolicy(settings, metrics, progress);
  policyReady.catch(() => undefined);
  const embedded = settings.DATABASE_URL ? undefined : await startEmbedded(settings, progress);
  const databaseUrl = settings.DATABASE_URL ?? embedded!.url;
  const undo: (() => Promise<void> | void)[] = [() => directory.close(), () => embedded?.stop()];
  let stopped: Promise<void> | undefined;
  const stopAll = () =>
    (stopped ??= (async () => {
      for (const step of undo.reverse()) await step();
    })());
  try {
    progress('bringing the database up to date');
    for (const schema of ['intake', 'notifier'] as const) await migrate(databaseUrl, schema);
    const policy = await policyReady;
    undo.push(() => policy.close());
    const bus = openBus(settings, log);
    const intakePool = openPool(databaseUrl, 'intake');
    const notifierPool = openPool(databaseUrl, 'notifier');
    undo.push(
      () => intakePool.end(),
      () => notifierPool.end(),
      () => bus.close(),
    );
    const asked = new InProcessIntake();
    const running = await startService({
      module: standaloneModule([
        auditModule(auditConfig({ ...settings, DATABASE_URL: databaseUrl }), { bus, log, metrics, readiness }),
        notifierModule(notifierConfig(settings), {
          pool: notifierPool,
          bus,
          voting: asked,
          linking: asked,
          beside: asked,
          log,
        }),
        decisionModule({ policy }),
        intakeModule(intakeConfig(settings, httpPort), {
          pool: intakePool,
          bus,
          policy,
          supply: await policySupply(settings, progress),
          directory,
          log,
          metrics,
          readiness,
        }),
      ]),
      endpoints: (app) => {
        const intake = app.get<Intake>(INTAKE, { strict: false });
        asked.connect(intake);
        const { authenticate } = intake;
        const parts = [decisionEndpoints(app, authenticate), intake.endpoints, auditEndpoints(app, authenticate)];
        return {
          services: mergedServices(parts.flatMap(({ services }) => services)),
          raw: parts.flatMap(({ raw = [] }) => raw),
          documents: Object.assign({}, ...parts.map(({ documents }) => documents)) as (typeof parts)[0]['documents'],
        };
      },
      bind: settings.COUNTERSIGN_BIND,
      httpPort,
      grpcPort,
      log,
      metrics,
      readiness,
    });
    // The relay stops before its consumers do, so that no publish waits for a consumer that has gone.
    undo.push(
      () => running.stop(),
      () => running.app.get<Intake>(INTAKE, { strict: false }).stop(),
    );
    return {
      grpcPort,
      httpPort,
      development: directory.development,
      revision: policy.revision,
      embeddedDatabase: embedded !== undefined,
      kafka: settings.KAFKA_BROKERS !== undefined,
      stop: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function openBus({ KAFKA_BROKERS: brokers }: Settings, log: Log): Bus {
  if (brokers) return new KafkaBus({ brokers, clientId: 'countersign', log });
  return new MemoryBus({ groups: [AUDIT_GROUP, NOTIFIER_GROUP].map((group) => ({ topic: EVENTS_TOPIC, group })), log });
}

function startEmbedded(settings: Settings, progress: (line: string) => void) {
  progress('starting the database');
  return startPostgres({ dataDir: join(settings.COUNTERSIGN_DATA_DIR, 'postgres'), log: progress });
}
