import { join } from 'node:path';
import { loadBundle } from './bundle.js';
import { PolicyEngine } from './engine.js';
import type { Log } from './opa.js';

/** Different faults that are worth a line each. */
const MOST_LINES = 100;

/** The engine with the configured policies, warm. Throws a Fault that says what is wrong with them. */
export async function openEngine(options: {
  source?: string | undefined;
  opaBin?: string | undefined;
  dataDir: string;
  log: Log;
}): Promise<PolicyEngine> {
  const { source, opaBin, dataDir, log } = options;
  const bundle = await loadBundle({ source, opaBin, cacheDir: join(dataDir, 'cache'), log });
  log(`policy ${bundle.revision} from ${bundle.location} (${bundle.areas.join(', ')})`);
  const seen = new Set<string>();
  return new PolicyEngine(bundle, {
    // One line for each way of breaking: a policy that breaks does so on every request, and the counters have the number.
    onFault: (kind, detail) => {
      if (seen.size < MOST_LINES && seen.size < seen.add(`${kind}: ${detail}`).size)
        log(`policy ${bundle.revision} broke and denied (${kind}): ${detail.slice(0, 500)}`);
    },
  });
}
