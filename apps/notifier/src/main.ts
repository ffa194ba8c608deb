import { KafkaBus } from '@countersign/bus';
import { Fault } from '@countersign/contract';
import { Metrics, openLog, parseSettings, Readiness, runMain, startService } from '@countersign/service';
import { migrate, openPool } from '@countersign/store';
import { notifierConfig } from './config.js';
import { GrpcIntake } from './grpc-intake.js';
import { notifierModule } from './notifier.module.js';

await runMain(async () => {
  const settings = parseSettings(process.env);
  const config = notifierConfig(settings);
  const databaseUrl = required(settings.DATABASE_URL, 'DATABASE_URL', 'its deliveries are in PostgreSQL');
  const brokers = required(
    settings.KAFKA_BROKERS,
    'KAFKA_BROKERS',
    'on its own it follows Kafka; "npm start" does not',
  );
  const address = required(settings.COUNTERSIGN_INTAKE_ADDRESS, 'COUNTERSIGN_INTAKE_ADDRESS', 'votes go there');
  const token = required(settings.COUNTERSIGN_SERVICE_TOKEN, 'COUNTERSIGN_SERVICE_TOKEN', 'intake knows it by that');
  const httpPort = settings.COUNTERSIGN_HTTP_PORT ?? 7482;
  const log = openLog('notifier', settings.COUNTERSIGN_LOG_LEVEL);
  await migrate(databaseUrl, 'notifier');
  const pool = openPool(databaseUrl, 'notifier');
  const bus = new KafkaBus({ brokers, clientId: 'countersign-notifier', log });
  const intake = new GrpcIntake({ address, token });
  const metrics = new Metrics();
  const readiness = new Readiness();
  readiness.add('database', () =>
    pool.query('select 1').then(
      () => undefined,
      () => 'the database does not answer',
    ),
  );
  const running = await startService({
    module: notifierModule(config, { pool, bus, voting: intake, linking: intake, beside: intake, log }),
    endpoints: () => ({ services: [], documents: {} }),
    bind: settings.COUNTERSIGN_BIND,
    httpPort,
    log,
    metrics,
    readiness,
  });
  log.info({ httpPort }, 'notifier is ready');
  return {
    stop: async () => {
      await running.stop();
      await bus.close();
      intake.close();
      await pool.end();
    },
  };
});

function required<T>(value: T | undefined, key: string, because: string): T {
  if (value === undefined) throw new Fault('settings-invalid', `${key} is not set: the notifier needs it, ${because}`);
  return value;
}
