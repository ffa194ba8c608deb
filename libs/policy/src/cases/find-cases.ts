import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readCases, type CaseProblem, type DecisionCase } from './case-file.js';

export const CASES_SUFFIX = '.cases.yaml';

export interface FoundCases {
  /** Every file of cases there is, problems or not. */
  files: string[];
  cases: DecisionCase[];
  problems: CaseProblem[];
}

/** All decision cases below a folder, in the order of their paths. Files are named as they were found from where we run. */
export async function findCases(folder: string): Promise<FoundCases> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(CASES_SUFFIX))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).split(/[/\\]/).some(isHidden))
    .sort();
  const read = await Promise.all(files.map(async (file) => readCases(await readFile(file, 'utf8'), file)));
  return { files, cases: read.flatMap(({ cases }) => cases), problems: read.flatMap(({ problems }) => problems) };
}

function isHidden(part: string): boolean {
  return part === 'node_modules' || part.startsWith('.');
}
