import { KafkaBus } from '@countersign/bus';
import { Fault } from '@countersign/contract';
import { openDirectory } from '@countersign/directory';
import { Metrics, openLog, parseSettings, Readiness, runMain, startService } from '@countersign/service';
import { migrate, openPool } from '@countersign/store';
import { intakeConfig } from './config.js';
import { INTAKE, intakeModule } from './intake.module.js';
import type { Intake } from './intake.js';
import { openPolicy } from './open.js';
import { policySupply } from './policy/supply.js';

await runMain(async () => {
  const settings = parseSettings(process.env);
  const { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers } = settings;
  if (!databaseUrl) throw new Fault('settings-invalid', 'DATABASE_URL is not set: intake needs PostgreSQL');
  if (!brokers)
    throw new Fault(
      'settings-invalid',
      'KAFKA_BROKERS is not set: intake on its own needs Kafka; "npm start" does not',
    );
  const httpPort = settings.COUNTERSIGN_HTTP_PORT ?? 7480;
  const log = openLog('intake', settings.COUNTERSIGN_LOG_LEVEL);
  const metrics = new Metrics();
  const readiness = new Readiness();
  await migrate(databaseUrl, 'intake');
  const directory = openDirectory(settings.COUNTERSIGN_DIRECTORY, log);
  if (directory.development) log.warn('development identities: anyone can be anyone; set COUNTERSIGN_DIRECTORY');
  const bus = new KafkaBus({ brokers, clientId: 'countersign-intake', log });
  const pool = openPool(databaseUrl, 'intake');
  const policy = await openPolicy(settings, metrics, (line) => log.info(line));
  const supply = await policySupply(settings, (line) => log.info(line));
  const parts = { pool, bus, policy, supply, directory, log, metrics, readiness };
  const running = await startService({
    module: intakeModule(intakeConfig(settings, httpPort), parts),
    endpoints: (app) => app.get<Intake>(INTAKE).endpoints,
    bind: settings.COUNTERSIGN_BIND,
    httpPort,
    grpcPort: settings.COUNTERSIGN_GRPC_PORT ?? 7443,
    log,
    metrics,
    readiness,
  });
  log.info({ httpPort }, 'intake is ready');
  return {
    stop: async () => {
      await running.stop();
      await bus.close();
      policy.close();
      directory.close();
      await pool.end();
    },
  };
});
