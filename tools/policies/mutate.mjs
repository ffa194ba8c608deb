import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { touches } from './changed.mjs';
import { mutantsOf } from './mutants.mjs';
import { openResults } from './results.mjs';
import { BrokenSuite, contextOf, openSuite } from './suite.mjs';
import { readFolder, unitsOf } from './units.mjs';

/**
 * Breaks each rule of the policies in a folder and runs the tests of its pack. Yields a report for each pack or library:
 * `{name, mutants, killed, invalid, equivalent, stale, survived, cached, seconds}`. Options: `folder`, `shipped` (the policies
 * of the product), `opa`, `cacheDir`, `reading` (cases and verdicts, as the product reads them), `equivalents`; `areas`, `deep`,
 * `changed` choose; `progress` is told how far it is.
 */
export async function* mutate(options) {
  const { folder, shipped, opa, areas = [] } = options;
  const version = execFileSync(opa, ['version'], { encoding: 'utf8' });
  const units = unitsOf(await readFolder(folder, shipped));
  const wanted = units.filter(
    ({ name }) => areas.length === 0 || areas.some((area) => `${name}/`.startsWith(`${area}/`)),
  );
  for (const area of areas) {
    if (!wanted.some(({ name }) => `${name}/`.startsWith(`${area}/`))) {
      throw new Error(`there is no pack "${area}": there are ${units.map(({ name }) => name).join(', ')}`);
    }
  }
  const suites = new Suites(options, version);
  try {
    for (const unit of wanted) {
      try {
        yield await report(unit, suites, options);
      } catch (error) {
        if (!(error instanceof BrokenSuite)) throw error;
        yield { name: unit.name, broken: error.message };
      }
    }
  } finally {
    await suites.close();
  }
}

async function report(unit, suites, { opa, deep, changed, equivalents, progress = () => {} }) {
  const since = performance.now();
  const files = unit.suites[0].levels.at(-1);
  const all = unit.sources.flatMap((file) => mutantsOf(file, files.get(file), parse(opa, files.get(file))));
  const mutants = all.filter((mutant) => (deep || !mutant.deep) && (!changed || touches(changed, mutant)));
  const found = { survived: [], equivalent: [], invalid: [] };
  const counts = { killed: 0, cached: 0 };
  for (const [i, mutant] of mutants.entries()) {
    const { outcome, cached } = await verdictOn(mutant, unit, suites);
    if (cached) counts.cached++;
    if (outcome === 'killed') counts.killed++;
    else {
      const { file, line, rule, what, id } = mutant;
      const because = outcome === 'survived' ? equivalents?.because(id) : undefined;
      found[because ? 'equivalent' : outcome].push({ file, line, rule, what, id, ...(because && { because }) });
    }
    progress(unit.name, i + 1, mutants.length, found.survived.length);
  }
  await suites.done(unit.name);
  return {
    name: unit.name,
    mutants: mutants.length,
    ...counts,
    ...found,
    stale: stale(unit, equivalents, all, mutants, found),
    seconds: Math.round((performance.now() - since) / 100) / 10,
  };
}

/** What is declared equivalent must be there, and must survive: a list of excuses grows old unseen. */
function stale({ sources }, equivalents, all, tried, { equivalent }) {
  const ids = (mutants) => new Set(mutants.map(({ id }) => id));
  const [there, done, survived] = [all, tried, equivalent].map(ids);
  const own = (equivalents?.ids() ?? []).filter((id) => sources.some((file) => id.startsWith(`${file} `)));
  return own.filter((id) => !there.has(id) || (done.has(id) && !survived.has(id)));
}

/** What the tests beside a library let pass, the packs that use it may still notice. */
async function verdictOn(mutant, { suites: own }, suites) {
  let cached = true;
  let said = { outcome: 'survived' };
  for (const suite of own) {
    const found = await suites.ask(suite, mutant);
    cached &&= found.cached;
    said = found;
    if (found.outcome !== 'survived') break;
  }
  return { ...said, cached };
}

/** Suites are opened when somebody asks them something that they have not answered before. */
class Suites {
  #open = new Map();
  #results = new Map();

  constructor(options, version) {
    this.options = options;
    this.version = version;
  }

  async ask(suite, mutant) {
    if (suite.tests.length + suite.cases.length === 0) return { outcome: 'survived', cached: true };
    const results = await this.#resultsOf(suite);
    const known = results.get(mutant.id);
    if (known) return { ...known, cached: true };
    const hint = results.hint(mutant.id);
    if (!this.#open.has(suite.name)) {
      const opened = await openSuite(suite, this.options);
      this.#open.set(suite.name, opened);
      results.settle(opened.level);
    }
    const said = await this.#open.get(suite.name).kill(mutant, hint);
    await results.set(mutant.id, said);
    return { ...said, cached: false };
  }

  async done(name) {
    await this.#results.get(name)?.save();
    this.#open.get(name)?.close();
    this.#open.delete(name);
  }

  async close() {
    for (const name of this.#results.keys()) await this.done(name);
  }

  async #resultsOf(suite) {
    if (!this.#results.has(suite.name)) {
      const contexts = suite.levels.map((files) => contextOf(suite, files, this.version));
      this.#results.set(suite.name, await openResults(this.options.cacheDir, suite.name, contexts));
    }
    return this.#results.get(suite.name);
  }
}

/** What opa makes of a Rego file. */
export function parse(opa, text) {
  const cwd = mkdtempSync(join(tmpdir(), 'countersign-parse-'));
  try {
    writeFileSync(join(cwd, 'one.rego'), text);
    const args = ['parse', '--format', 'json', '--json-include', 'locations', join(cwd, 'one.rego')];
    return JSON.parse(execFileSync(opa, args, { encoding: 'utf8', maxBuffer: 1 << 28 }));
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
