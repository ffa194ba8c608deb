import { join } from 'node:path';
import { loadBundle, readPolicyKeys, type Bundle, type PolicyKeys } from '@countersign/policy';
import type { Settings } from '@countersign/service';

/** What change control has to know of the settings. */
export interface PolicySupply {
  /** The bundle that serves while none was activated. */
  first(): Promise<Bundle>;
  /** What bundles must be signed with. Absent: they are not signed. */
  keys?: PolicyKeys;
  /** Where policies come from, when that is not decided here. */
  elsewhere: { policies?: string; candidate?: string };
}

export async function policySupply(settings: Settings, log: (line: string) => void): Promise<PolicySupply> {
  const { COUNTERSIGN_POLICIES: policies, COUNTERSIGN_POLICY_SHADOW: candidate } = settings;
  const { COUNTERSIGN_POLICY_KEYS: keysPath, COUNTERSIGN_DATA_DIR: dataDir, OPA_BIN: opaBin } = settings;
  const keys = keysPath === undefined ? undefined : await readPolicyKeys(keysPath);
  // In one environment for all services, this is where the decision service gets from us what is activated here.
  const ours = (place: string | undefined, path: string) =>
    settings.COUNTERSIGN_DECISION_ADDRESS !== undefined && place !== undefined && place.endsWith(path);
  return {
    // What is shipped is part of the program, and signed by nobody here.
    first: () => loadBundle({ cacheDir: join(dataDir, 'cache'), opaBin, log }),
    ...(keys ? { keys } : {}),
    elsewhere: {
      ...(policies !== undefined && !ours(policies, '/v1/bundles/active') ? { policies } : {}),
      ...(candidate !== undefined && !ours(candidate, '/v1/bundles/candidate') ? { candidate } : {}),
    },
  };
}
