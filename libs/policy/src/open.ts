import { join } from 'node:path';
import { loadBundle } from './bundle.js';
import { PolicyEngine } from './engine.js';
import type { Log } from './opa.js';

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
  return new PolicyEngine(bundle);
}
