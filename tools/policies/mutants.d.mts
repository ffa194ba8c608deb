export interface Mutant {
  file: string;
  line: number;
  /** First and last row of the rule. */
  rows: [number, number];
  rule: string;
  id: string;
  what: string;
  /** Of the kind that is asked for only when looking deeper. */
  deep: boolean;
  /** The whole file, broken. */
  text: string;
}

/** `ast` is what `opa parse --format json --json-include locations` prints. */
export function mutantsOf(file: string, source: string, ast: unknown): Mutant[];
