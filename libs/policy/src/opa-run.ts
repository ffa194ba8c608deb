import { execFile } from 'node:child_process';
import { Fault } from '@countersign/contract';

export interface OpaOutput {
  code: number;
  stdout: string;
  stderr: string;
}

/** Bytes opa may answer with: an explanation of a large policy is a few megabytes. */
const MOST_OUTPUT = 256 * 1024 * 1024;

/** Runs opa and waits. What it finds wrong is in its output; a Fault `policy-opa` means that it could not run at all. */
export function runOpa(opa: string, args: readonly string[], cwd?: string, stdin?: string): Promise<OpaOutput> {
  return new Promise((resolve, reject) => {
    const child = execFile(opa, args, { cwd, maxBuffer: MOST_OUTPUT }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') {
        reject(new Fault('policy-opa', `${opa} ${args[0]} could not be run: ${error.message}`, { cause: error }));
      } else resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    // opa may end before it has read everything: what it says then is worth more than the broken pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(stdin ?? '');
  });
}

/** Parses what opa printed as JSON. Throws a Fault `policy-opa` with what it said instead. */
export function opaJson<T>({ stdout, stderr }: OpaOutput, what: string): T {
  try {
    return JSON.parse(stdout) as T;
  } catch (cause) {
    const said = `${stderr}${stdout}`.trim();
    throw new Fault('policy-opa', `opa ${what}: ${said || 'it printed nothing'}`, { cause });
  }
}
