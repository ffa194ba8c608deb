import { Fault } from '@countersign/contract';
import type { Config } from './config.js';
import { say, type Terminal } from './terminal.js';

/** The same opa that the service compiles with: OPA_BIN, PATH, the cache, or installed with Go. */
export async function opaProgram(config: Config, terminal: Terminal): Promise<string> {
  // Loaded only here: the other verbs should not wait for a policy engine.
  const { findOpa } = await import('@countersign/policy');
  const log = (line: string) => terminal.warn(say`${line}`.styled('dim'));
  const found = await findOpa({ opaBin: config.opaBin, cacheDir: config.cacheDir, log });
  if (found === undefined) {
    throw new Fault(
      'no-opa',
      'opa 1.12 or newer was not found: put it on PATH or set OPA_BIN (openpolicyagent.org has it), or install Go and it is built once',
    );
  }
  return found;
}
