import { nearest } from '@countersign/contract';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { caseFile, caseInputSchema, membersAt, type CaseInput, type Expectation } from './case-schema.js';

export interface DecisionCase {
  name: string;
  file: string;
  /** Of its name, from 1. */
  line: number;
  input: CaseInput;
  expect: Expectation;
}

/** Why a file of cases cannot be run, at the place where it has to be changed. */
export interface CaseProblem {
  file: string;
  line: number;
  column: number;
  message: string;
}

/** Reads decision cases from YAML. With any problem there are no cases: half a file of checks looks like all of them. */
export function readCases(text: string, file: string): { cases: DecisionCase[]; problems: CaseProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    return { cases: [], problems: broken.map(({ pos, message }) => ({ ...at(pos[0]), message: plain(message) })) };
  }
  const parsed = caseFile.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {}, { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) =>
      describe(issue).map(({ message, key }) => ({ ...at(offsetOf(document, issue.path, key)), message })),
    );
    return { cases: [], problems };
  }
  const cases = parsed.data.cases.map((one, i) => {
    const { line } = at(offsetOf(document, ['cases', i, 'name']));
    return { ...one, file, line };
  });
  const seen = new Map<string, number>();
  const problems = cases.flatMap(({ name, line }) => {
    const before = seen.get(name);
    seen.set(name, before ?? line);
    return before ? [{ file, line, column: 1, message: `there is a case of the same name on line ${before}` }] : [];
  });
  return { cases: problems.length > 0 ? [] : cases, problems };
}

/** Reads the input of a case on its own. */
export function readCaseInput(given: unknown): { input?: CaseInput; problems: string[] } {
  const parsed = caseInputSchema.safeParse(given, { reportInput: true });
  if (parsed.success) return { input: parsed.data, problems: [] };
  return {
    problems: parsed.error.issues.flatMap((issue) =>
      describe(issue, ['cases', 0, 'input']).map(({ message }) => message),
    ),
  };
}

interface Description {
  message: string;
  /** The key to point at, when it is a key that is wrong. */
  key?: string;
}

/** `below`: where the schema that was used begins within that of a file. */
function describe(issue: z.core.$ZodIssue, below: PropertyKey[] = []): Description[] {
  const where = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = membersAt([...below, ...issue.path]);
    return issue.keys.map((key) => {
      const guess = nearest(key, known);
      const advice = guess ? `did you mean "${guess}"?` : `write one of ${known.join(', ')}`;
      return {
        key,
        message: `${where ? `${where} has no member "${key}"` : `there is no member "${key}"`}: ${advice}`,
      };
    });
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ message: `${where} is missing` }];
  }
  // Our own messages go on from the path; the library's are sentences.
  const ours = /^(is|has|goes) /.test(issue.message);
  return [{ message: `${where || 'the file'}${ours ? ' ' : ': '}${lower(issue.message)}` }];
}

/** "cases[2].input.action": as one would write it. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

/** The offset of what the path leads to, or of the innermost thing around it that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[], key?: string): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    if (key !== undefined && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    if (node.range) return node.range[0];
  }
  return 0;
}

function lower(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function plain(message: string): string {
  return `this is not YAML: ${lower(message.split('\n')[0]!)}`;
}
