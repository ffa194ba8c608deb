import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { capabilities, isAvailable } from '../../src/capabilities.js';
import { CaseCompiler, type Ask } from './compile.js';
import { difference } from './judge.js';
import { loadCases, type Case, type Skipped } from './load.js';

const run = promisify(execFile);

/** Cases compiled at once. */
const BATCH = 150;

export interface Report {
  equal: string[];
  /** What is wrong, by the case's name. */
  different: Map<string, string>;
  skipped: Skipped[];
}

/**
 * Puts every case to a compiled policy. They are compiled together, and what does not come out as it should that way is
 * tried once more by itself, just as it is written: only that counts against it.
 */
export async function runCases(opa: string, source: string, folder: string): Promise<Report> {
  const path = join(folder, 'capabilities.json');
  await writeFile(path, await capabilities(opa));
  const { stdout } = await run(opa, ['capabilities', '--current'], { maxBuffer: 1 << 26 });
  const { builtins } = JSON.parse(stdout) as { builtins: { name: string }[] };
  const refused = builtins.map(({ name }) => name).filter((name) => !isAvailable(name));
  const { cases, skipped } = await loadCases(source, refused);
  const compiler = new CaseCompiler(opa, folder, path);
  const report: Report = { equal: [], different: new Map(), skipped };
  for (const batch of batches(cases)) {
    const asks = await compiler.together(batch);
    for (const one of batch) {
      const ask = asks.get(one);
      if (ask && difference(one, ask) === undefined) report.equal.push(one.note);
      else judge(report, one, await compiler.alone(one));
    }
  }
  return report;
}

function judge({ equal, different }: Report, one: Case, ask: Ask | { said: string }): void {
  const problem = typeof ask === 'function' ? difference(one, ask) : `does not compile: ${ask.said}`;
  if (problem === undefined) equal.push(one.note);
  else different.set(one.note, problem);
}

function batches(cases: Case[]): Case[][] {
  const found: Case[][] = [];
  for (const one of cases) {
    const last = found.at(-1);
    if (last && last.length < BATCH && last[0]!.version === one.version) last.push(one);
    else found.push([one]);
  }
  return found;
}

/** How many cases there are for each reason to leave one out, the most first. */
export function countReasons(skipped: Skipped[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}
