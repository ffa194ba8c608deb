import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

// What was found out before, one file a suite. An answer holds for as long as nothing it depends on has changed; after
// that, who killed a mutant is still the one to ask first.

export async function openResults(folder, suite, contexts) {
  const path = join(folder, 'mutants', `${suite.replaceAll('/', '-')}.json`);
  const before = await readFile(path, 'utf8').then(JSON.parse, () => ({ context: '', outcomes: {} }));
  const fresh = contexts.includes(before.context);
  const outcomes = new Map(fresh ? Object.entries(before.outcomes) : []);
  const old = new Map(Object.entries(before.outcomes));
  let context = fresh ? before.context : contexts[0];
  let unsaved = 0;
  const save = async () => {
    if (unsaved === 0) return;
    unsaved = 0;
    await mkdir(dirname(path), { recursive: true });
    // Whole or not at all: a run that is interrupted must not leave half a file.
    await writeFile(`${path}.new`, JSON.stringify({ context, outcomes: Object.fromEntries([...outcomes].sort()) }));
    await rename(`${path}.new`, path);
  };
  return {
    get: (id) => outcomes.get(id),
    hint: (id) => old.get(id)?.by,
    /** Which of the contexts it is, once that is known. */
    settle(level) {
      context = contexts[level];
    },
    async set(id, outcome) {
      outcomes.set(id, outcome);
      if (++unsaved >= 20) await save();
    },
    save,
  };
}
