import type { PolicyEngine } from '@countersign/policy';
import type { Config } from './config.js';
import { say, type Terminal } from './terminal.js';

/** The engine of the service with the policies of a folder or a compiled bundle. Throws a Fault that says what is wrong. */
export async function openPolicy(source: string, config: Config, terminal: Terminal): Promise<PolicyEngine> {
  const { loadBundle, PolicyEngine } = await import('@countersign/policy');
  const log = (line: string) => terminal.warn(say`${line}`.styled('dim'));
  const bundle = await loadBundle({ source, cacheDir: config.cacheDir, opaBin: config.opaBin, log });
  const seen = new Set<string>();
  return new PolicyEngine(bundle, {
    onFault: (kind, detail) => {
      const line = `${source} broke and denied (${kind}): ${detail.slice(0, 300)}`;
      if (seen.size < 10 && seen.size < seen.add(line).size) terminal.warn(say`${line}`.styled('yellow'));
    },
  });
}
