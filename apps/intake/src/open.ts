import { Fault } from '@countersign/contract';
import { addHostMetrics, openPolicyHost, RemotePolicy, type Policy } from '@countersign/policy';
import { policyPlaces, type Metrics, type Settings } from '@countersign/service';

/** The policy in this process, or the one behind COUNTERSIGN_DECISION_ADDRESS. `progress` hears of what may take long. */
export async function openPolicy(
  settings: Settings,
  metrics: Metrics,
  progress: (line: string) => void,
): Promise<Policy> {
  const address = settings.COUNTERSIGN_DECISION_ADDRESS;
  if (address === undefined) {
    const host = await openPolicyHost({ ...policyPlaces(settings), log: progress });
    addHostMetrics((...gauge) => metrics.gauge(...gauge), host);
    return host;
  }
  const token = settings.COUNTERSIGN_SERVICE_TOKEN;
  if (token === undefined)
    throw new Fault('settings-invalid', 'COUNTERSIGN_SERVICE_TOKEN is required with COUNTERSIGN_DECISION_ADDRESS');
  return new RemotePolicy({ address, token });
}
