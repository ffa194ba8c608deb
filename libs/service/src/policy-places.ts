import type { Settings } from './settings.js';

/** Where policies come from, as the settings have it: one reading of them for every process that evaluates. */
export function policyPlaces(settings: Settings) {
  return {
    source: settings.COUNTERSIGN_POLICIES,
    candidate: settings.COUNTERSIGN_POLICY_SHADOW,
    keysPath: settings.COUNTERSIGN_POLICY_KEYS,
    token: settings.COUNTERSIGN_POLICY_TOKEN,
    pollMs: settings.COUNTERSIGN_POLICY_POLL * 1000,
    opaBin: settings.OPA_BIN,
    dataDir: settings.COUNTERSIGN_DATA_DIR,
  };
}
