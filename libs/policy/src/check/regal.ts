import { opaJson, runOpa } from '../opa-run.js';
import type { Stage } from '../stage.js';
import type { Finding } from './finding.js';

interface Violation {
  title: string;
  category: string;
  description: string;
  location: { file: string; row: number; col: number };
  related_resources?: { ref: string }[];
}

/**
 * What regal says, when it is there. It is never installed, and its findings are warnings: whether a check passes must not
 * depend on what else is on a machine. Undefined when there is no regal.
 */
export async function regalFindings({ cwd, origin }: Stage, regal = 'regal'): Promise<Finding[] | undefined> {
  const output = await runOpa(regal, ['lint', '--format', 'json', 'policies'], cwd).catch(() => undefined);
  if (output === undefined) return undefined;
  const { violations } = opaJson<{ violations?: Violation[] }>(output, 'check, by regal');
  return (violations ?? []).map(({ title, category, description, location, related_resources: more }) => ({
    file: origin(location.file),
    line: location.row,
    column: location.col,
    severity: 'warning',
    code: `regal/${category}/${title}`,
    message: description,
    ...(more?.[0] ? { fix: `see ${more[0].ref}` } : {}),
  }));
}
