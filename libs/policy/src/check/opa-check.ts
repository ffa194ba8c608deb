import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '@countersign/contract';
import { capabilities, reasonAgainst } from '../capabilities.js';
import { INPUT_SCHEMA } from '../input-schema.js';
import { opaJson, runOpa, type OpaOutput } from '../opa-run.js';
import { ROOTS, type Stage } from '../stage.js';
import type { Finding } from './finding.js';

interface OpaError {
  message: string;
  code: string;
  location?: { file: string; row: number; col: number };
  details?: { ref?: { value: unknown }[]; pos?: number; oneOf?: string[] };
}

const MOST_ERRORS = ['--max-errors', '200'];

/**
 * What opa finds wrong. It is asked twice, because it stops at the first kind of error: a call of what no policy may call would
 * hide a slip in a reference to the input.
 */
export async function opaFindings(opa: string, { cwd, origin }: Stage): Promise<Finding[]> {
  await writeFile(join(cwd, 'capabilities.json'), await capabilities(opa));
  await writeFile(join(cwd, 'input-schema.json'), JSON.stringify(INPUT_SCHEMA));
  const check = (...more: string[]) =>
    runOpa(opa, ['check', '--strict', '--format', 'json', ...MOST_ERRORS, ...more, ...ROOTS], cwd);
  const outputs = [await check('--capabilities', 'capabilities.json'), await check('--schema', 'input-schema.json')];
  return outputs.flatMap(errorsOf).map((error) => findingOf(error, origin));
}

/** Which files opa would lay out otherwise. */
export async function layoutFindings(opa: string, { cwd, origin }: Stage): Promise<Finding[]> {
  const { stdout } = await runOpa(opa, ['fmt', '--list', 'policies'], cwd);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((path) => {
      const file = origin(path);
      const place = { file, line: 1, column: 1 };
      return {
        ...place,
        severity: 'warning' as const,
        code: 'countersign/layout',
        message: 'is not laid out as opa fmt does',
        fix: `opa fmt --write ${file}`,
      };
    });
}

function errorsOf(output: OpaOutput): OpaError[] {
  if (output.code === 0) return [];
  const printed = output.stderr.trim() === '' ? output : { ...output, stdout: output.stderr };
  return opaJson<{ errors: OpaError[] }>(printed, 'check').errors;
}

function findingOf({ message, code, location, details }: OpaError, origin: (path: string) => string): Finding {
  const at = location
    ? { file: origin(location.file), line: location.row, column: location.col }
    : { file: origin('policies/'), line: 1, column: 1 };
  const builtin = /^undefined function ([\w.]+)$/.exec(message)?.[1];
  if (builtin !== undefined) {
    const [what, ...why] = reasonAgainst(builtin).split(': ');
    return { ...at, severity: 'error', code, message: what!, fix: why.join(': ') };
  }
  const { ref, pos, oneOf } = details ?? {};
  const wrong = ref?.[pos ?? -1] ?? ref?.at(-1);
  const guess = wrong && oneOf ? nearest(String(wrong.value), oneOf) : undefined;
  const fix = guess ? `did you mean "${guess}"?` : oneOf && `write one of ${oneOf.join(', ')}`;
  return { ...at, severity: 'error', code, message, ...(fix ? { fix } : {}) };
}
