import type { Location } from '../rego/ast.js';

/** Something to change in a policy, at its place. */
export interface Finding {
  /** As the folder was named, and the path below it. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** Only errors make a check fail. */
  severity: 'error' | 'warning';
  /** Stable: opa's own codes, "countersign/…", or "regal/…". */
  code: string;
  message: string;
  /** What to write instead. */
  fix?: string;
}

/** What a lint finds, before staged paths are named as they are in the folder. */
export type Found = Omit<Finding, 'file' | 'line' | 'column'> & { at: Location };

export function found(severity: Finding['severity'], code: string, at: Location, message: string, fix?: string): Found {
  return { severity, code: `countersign/${code}`, at, message, ...(fix === undefined ? {} : { fix }) };
}

export function toFinding({ at, ...rest }: Found, origin: (path: string) => string): Finding {
  return { file: origin(at.file), line: at.row, column: at.col, ...rest };
}

/** In the order of the text, each once. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const unique = new Map(
    findings.map((one) => [`${one.file}:${one.line}:${one.column}:${one.code}:${one.message}`, one]),
  );
  return [...unique.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
