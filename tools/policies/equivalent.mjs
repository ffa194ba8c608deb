import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

// Mutants that answer what the policy answers, so that no test could tell: each with its reason.

const LIST = fileURLToPath(new URL('equivalent.yaml', import.meta.url));

export async function readEquivalents(path = LIST) {
  const listed = parse(await readFile(path, 'utf8')) ?? [];
  const reasons = new Map(listed.map(({ mutant, because }) => [mutant, because]));
  return { because: (id) => reasons.get(id), ids: () => [...reasons.keys()] };
}
