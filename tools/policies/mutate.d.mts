import type { Verdict } from '@countersign/approval';
import type { caseInput, readCases, runCase } from '@countersign/policy/authoring';

export interface Survivor {
  file: string;
  line: number;
  rule: string;
  what: string;
  id: string;
  because?: string;
}

export interface PackReport {
  name: string;
  mutants: number;
  killed: number;
  /** How many were known from before. */
  cached: number;
  survived: Survivor[];
  equivalent: Survivor[];
  invalid: Survivor[];
  /** What was declared equivalent, and is killed or there no more. */
  stale: string[];
  seconds: number;
  /** Why nothing can be said of the pack; then there is nothing else. */
  broken?: string;
}

export function mutate(options: {
  folder: string;
  /** The policies of the product: the package that combines rules comes from there when the folder has none. */
  shipped: string;
  opa: string;
  cacheDir: string;
  reading: {
    caseInput: typeof caseInput;
    readCases: typeof readCases;
    runCase: typeof runCase;
    readVerdict(result: unknown, revision: string): Verdict;
  };
  areas?: string[];
  deep?: boolean;
  changed?: Map<string, [number, number][] | undefined>;
  equivalents?: { because(id: string): string | undefined; ids(): string[] };
  progress?: (name: string, done: number, of: number, survived: number) => void;
}): AsyncGenerator<PackReport>;

/** What opa makes of a Rego file. */
export function parse(opa: string, text: string): unknown;
