import { opaJson, runOpa } from '../opa-run.js';
import type { Stage } from '../stage.js';
import type { Module } from './ast.js';

/** Parsers that run at once: each is a process. */
const AT_ONCE = 2;

/** The modules of a stage that can be parsed, by their staged path. What cannot be parsed is for opa's own check to tell. */
export async function parseModules(
  opa: string,
  { cwd, files }: Stage,
  wanted: (path: string) => boolean = () => true,
): Promise<Map<string, Module>> {
  const paths = [...files.keys()].filter((path) => path.endsWith('.rego') && wanted(path)).sort();
  const modules = new Map<string, Module>();
  const next = paths.values();
  const work = async () => {
    for (const path of next) {
      const output = await runOpa(opa, ['parse', '--format', 'json', '--json-include', 'locations', path], cwd);
      if (output.code === 0) modules.set(path, opaJson<Module>(output, 'parse'));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return new Map([...modules].sort(([a], [b]) => (a < b ? -1 : 1)));
}
