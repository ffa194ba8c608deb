import { KafkaBus } from '@countersign/bus';
import { Fault } from '@countersign/contract';
import { Metrics, openLog, parseSettings, Readiness, runMain, startService } from '@countersign/service';
import { auditModule, auditEndpoints } from './audit.module.js';
import { auditConfig } from './config.js';
import { whoAsks } from './who-asks.js';

await runMain(async () => {
  const settings = parseSettings(process.env);
  const config = auditConfig(settings);
  const { KAFKA_BROKERS: brokers, COUNTERSIGN_LOG_LEVEL: level } = settings;
  if (!brokers)
    throw new Fault('settings-invalid', 'KAFKA_BROKERS is not set: audit on its own needs Kafka; "npm start" does not');
  const httpPort = settings.COUNTERSIGN_HTTP_PORT ?? 7483;
  const log = openLog('audit', level);
  const who = whoAsks(settings, log);
  const bus = new KafkaBus({ brokers, clientId: 'countersign-audit', log });
  const [metrics, readiness] = [new Metrics(), new Readiness()];
  const running = await startService({
    module: auditModule(config, { bus, log, metrics, readiness }),
    endpoints: (app) => auditEndpoints(app, who.authenticate),
    bind: settings.COUNTERSIGN_BIND,
    grpcPort: settings.COUNTERSIGN_GRPC_PORT ?? 7446,
    httpPort,
    log,
    metrics,
    readiness,
  });
  log.info({ httpPort }, 'audit is ready');
  return {
    stop: async () => {
      await running.stop();
      await bus.close();
      who.close();
    },
  };
});
