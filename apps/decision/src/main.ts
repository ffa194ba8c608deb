import { Fault } from '@countersign/contract';
import { sameToken } from '@countersign/directory';
import { openEngine } from '@countersign/policy';
import { Metrics, openLog, parseSettings, Readiness, runMain, startService } from '@countersign/service';
import { decisionModule, decisionSurface } from './decision.module.js';
import type { Caller } from './policy-api.js';

await runMain(async () => {
  const settings = parseSettings(process.env);
  const token = settings.COUNTERSIGN_SERVICE_TOKEN;
  if (!token)
    throw new Fault('settings-invalid', 'COUNTERSIGN_SERVICE_TOKEN is not set: decision answers nobody without it');
  const isIntake = sameToken(token);
  const authenticate = (presented: string): Caller | undefined =>
    isIntake(presented) ? { kind: 'service', id: 'intake' } : undefined;
  const httpPort = settings.COUNTERSIGN_HTTP_PORT ?? 7481;
  const log = openLog('decision', settings.COUNTERSIGN_LOG_LEVEL);
  const metrics = new Metrics();
  const readiness = new Readiness();
  const policy = await openEngine({
    source: settings.COUNTERSIGN_POLICIES,
    opaBin: settings.OPA_BIN,
    dataDir: settings.COUNTERSIGN_DATA_DIR,
    log: (line) => log.info(line),
  });
  const faults = () => Object.values(policy.faults).reduce((sum, count) => sum + count, 0);
  metrics.gauge('policy_faults', 'Evaluations that broke and therefore denied.', faults);
  metrics.gauge('policy_instances_retired', 'WASM instances dropped after an exception.', () => policy.retired);
  const running = await startService({
    module: decisionModule({ policy }),
    surface: (app) => decisionSurface(app, authenticate),
    bind: settings.COUNTERSIGN_BIND,
    httpPort,
    grpcPort: settings.COUNTERSIGN_GRPC_PORT ?? 7444,
    log,
    metrics,
    readiness,
  });
  log.info({ httpPort }, 'decision is ready');
  return running;
});
