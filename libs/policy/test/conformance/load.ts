import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

// OPA's own cases for evaluators, from its Go module: they are read where Go keeps it, and never become part of this.

const run = promisify(execFile);

export interface Case {
  /** The name, with "v0: " in front for the older syntax. */
  note: string;
  version: 'v0' | 'v1';
  modules: string[];
  data: unknown;
  /** JSON text; empty for none. */
  input: string;
  /** The rule that is asked, as "test/p". */
  entrypoint: string;
  /** What must come out: the value, undefined, or an error. */
  expected: { value: unknown } | 'undefined' | 'error';
  /** The error is one of OPA's strict mode: without it, undefined is right. */
  strictError: boolean;
  sorted: boolean;
}

export interface Skipped {
  note: string;
  reason: string;
}

interface RawCase {
  note: string;
  query: string;
  modules?: string[];
  data?: unknown;
  input?: unknown;
  input_term?: string;
  want_result?: Record<string, unknown>[];
  want_defined?: boolean;
  want_error?: string;
  want_error_code?: string;
  strict_error?: boolean;
  sort_bindings?: boolean;
}

/** Where the cases are, fetched with Go if they are not there yet. Undefined where that cannot be done. */
export async function casesFolder(version: string): Promise<string | undefined> {
  try {
    const args = ['mod', 'download', '-json', `github.com/open-policy-agent/opa@${version}`];
    const { stdout } = await run('go', args, { timeout: 120_000 });
    const { Dir } = JSON.parse(stdout) as { Dir?: string };
    return Dir && join(Dir, 'v1', 'test', 'cases', 'testdata');
  } catch {
    return undefined;
  }
}

/** All cases in order, and those that cannot be put to a compiled policy, each with the reason. */
export async function loadCases(folder: string, refused: string[]): Promise<{ cases: Case[]; skipped: Skipped[] }> {
  const names = refused.map((name) => name.replaceAll('.', '\\.')).join('|');
  const calls = new RegExp(`(?<![\\w.])(${names})(?![\\w.])`);
  const cases: Case[] = [];
  const skipped: Skipped[] = [];
  for (const version of ['v0', 'v1'] as const) {
    const files = (await readdir(join(folder, version), { recursive: true })).filter((name) => name.endsWith('.yaml'));
    for (const file of files.sort()) {
      const text = await readFile(join(folder, version, file), 'utf8');
      for (const raw of (parse(text, { intAsBigInt: true }) as { cases: RawCase[] }).cases) {
        const note = version === 'v0' ? `v0: ${raw.note}` : raw.note;
        const read = readCase(raw, note, version, calls);
        if (typeof read === 'string') skipped.push({ note, reason: read });
        else cases.push(read);
      }
    }
  }
  return { cases, skipped };
}

function readCase(raw: RawCase, note: string, version: 'v0' | 'v1', refused: RegExp): Case | string {
  const { modules = [], data = {}, want_result: results } = raw;
  const call = modules.map((module) => refused.exec(module)?.[1]).find((name) => name !== undefined);
  if (call !== undefined) return `calls ${call}`;
  const query = /^data((?:\.[A-Za-z_]\w*)+) = (?!input$)([A-Za-z_]\w*)$/.exec(raw.query);
  if (!query) return 'asks for something else than the value of one rule';
  if (modules.length === 0) return 'has no module to compile';
  if (results !== undefined && results.length > 1) return 'has more than one result';
  const input = inputOf(raw);
  if (input === undefined) return 'has an input that is no JSON';
  let expected: Case['expected'];
  // What only the strict mode calls an error, which compiled policies do not have, is undefined without it.
  const lenient = raw.strict_error === true && results !== undefined;
  if (!lenient && (raw.want_error !== undefined || raw.want_error_code !== undefined)) expected = 'error';
  else if (results?.length === 1) expected = { value: results[0]![query[2]!] };
  else if (results?.length === 0 || raw.want_defined === false) expected = 'undefined';
  else return 'expects nothing that can be compared';
  const entrypoint = query[1]!.slice(1).replaceAll('.', '/');
  const { strict_error: strictError = false, sort_bindings: sorted = false } = raw;
  return { note, version, modules, data, input, entrypoint, expected, strictError, sorted };
}

function inputOf({ input, input_term: term }: RawCase): string | undefined {
  if (term === undefined) return input === undefined ? '' : jsonText(input);
  try {
    JSON.parse(term);
    return term;
  } catch {
    return undefined;
  }
}

/** JSON, with integers of any size. */
export function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).map(([name, held]) => `${JSON.stringify(name)}:${jsonText(held)}`);
  return `{${entries.join()}}`;
}
