import { Fault } from '@countersign/contract';
import { sameToken } from '@countersign/directory';
import { addHostMetrics, openPolicyHost } from '@countersign/policy';
import { Metrics, openLog, parseSettings, policyPlaces, Readiness, runMain, startService } from '@countersign/service';
import { decisionModule, decisionEndpoints } from './decision.module.js';
import { followIntake } from './follow-intake.js';
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
  const policy = await openPolicyHost({ ...policyPlaces(settings), log: (line) => log.info(line) });
  await followIntake(policy, settings);
  addHostMetrics((...gauge) => metrics.gauge(...gauge), policy);
  readiness.add('policy', () => policy.problem());
  readiness.warn('policy', () => policy.warning());
  const running = await startService({
    module: decisionModule({ policy }),
    endpoints: (app) => decisionEndpoints(app, authenticate),
    bind: settings.COUNTERSIGN_BIND,
    httpPort,
    grpcPort: settings.COUNTERSIGN_GRPC_PORT ?? 7444,
    log,
    metrics,
    readiness,
  });
  log.info({ httpPort }, 'decision is ready');
  return {
    stop: async () => {
      await running.stop();
      policy.close();
    },
  };
});
