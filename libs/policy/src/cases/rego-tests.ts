import { Fault } from '@countersign/contract';
import { opaJson, runOpa } from '../opa-run.js';
import { ROOTS, staged } from '../stage.js';

export interface RegoTest {
  /** "policies.db_test.test_reading_needs_nobody"; of a test over a table, with the rows that failed. */
  name: string;
  file: string;
  line: number;
  outcome: 'passed' | 'failed' | 'skipped';
  /** What it printed. */
  output?: string;
}

interface OpaTest {
  location: { file: string; row: number };
  package: string;
  name: string;
  fail?: boolean;
  skip?: boolean;
  error?: { message?: string };
  output?: string;
  sub_results?: Record<string, { name: string; fail?: boolean; sub_results?: OpaTest['sub_results'] }>;
}

/** Runs the tests beside the Rego. Throws a Fault `policy-compile` with opa's words when they do not compile. */
export async function runRegoTests(opa: string, folder: string, only?: string): Promise<RegoTest[]> {
  return staged(folder, { tests: true }, async ({ cwd, origin }) => {
    const args = ['test', '--format', 'json', ...(only ? ['--run', only] : []), ...ROOTS];
    const output = await runOpa(opa, args, cwd);
    if (output.stdout.trim() === '') {
      const said = output.stderr.trim().replace(/policies\/[\w./-]+\.rego/g, origin);
      throw new Fault('policy-compile', `the tests do not compile: ${said}`);
    }
    return opaJson<OpaTest[] | null>(output, 'test')?.map((test) => regoTest(test, origin)) ?? [];
  });
}

function regoTest(test: OpaTest, origin: (path: string) => string): RegoTest {
  const failed = failedParts(test.sub_results);
  const name = `${test.package.replace(/^data\./, '')}.${test.name}`;
  const printed = [test.error?.message, test.output && Buffer.from(test.output, 'base64').toString()].filter(Boolean);
  return {
    name: failed.length > 0 ? `${name} (${failed.join(', ')})` : name,
    file: origin(test.location.file),
    line: test.location.row,
    outcome: test.skip ? 'skipped' : test.fail || test.error ? 'failed' : 'passed',
    ...(printed.length > 0 ? { output: printed.join('\n').trimEnd() } : {}),
  };
}

/** A test over a table says which of its rows failed. */
function failedParts(parts: OpaTest['sub_results'], prefix = ''): string[] {
  return Object.entries(parts ?? {}).flatMap(([name, part]) => {
    if (part.sub_results) return failedParts(part.sub_results, `${prefix}${name}/`);
    return part.fail ? [`${prefix}${name}`] : [];
  });
}
