import { Fault } from '@countersign/contract';
import { openEngine, RemotePolicy, type Policy } from '@countersign/policy';
import type { Metrics, Settings } from '@countersign/service';

/** The policy in this process, or the one behind COUNTERSIGN_DECISION_ADDRESS. `progress` hears of what may take long. */
export async function openPolicy(
  settings: Settings,
  metrics: Metrics,
  progress: (line: string) => void,
): Promise<Policy> {
  const address = settings.COUNTERSIGN_DECISION_ADDRESS;
  if (address === undefined) {
    const { COUNTERSIGN_POLICIES: source, OPA_BIN: opaBin, COUNTERSIGN_DATA_DIR: dataDir } = settings;
    const engine = await openEngine({ source, opaBin, dataDir, log: progress });
    const faults = () => Object.values(engine.faults).reduce((sum, count) => sum + count, 0);
    metrics.gauge('policy_faults', 'Evaluations that broke and therefore denied.', faults);
    metrics.gauge('policy_instances_retired', 'WASM instances dropped after an exception.', () => engine.retired);
    return engine;
  }
  const token = settings.COUNTERSIGN_SERVICE_TOKEN;
  if (token === undefined)
    throw new Fault('settings-invalid', 'COUNTERSIGN_SERVICE_TOKEN is required with COUNTERSIGN_DECISION_ADDRESS');
  return new RemotePolicy({ address, token });
}
