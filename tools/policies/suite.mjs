import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coverage, put, runCases, runTests } from './runs.mjs';

// The tests of a pack, in a place of their own where its files can be broken.

/** Tests that take longer than this, all together, are worth choosing among. */
const CHOOSE_OVER_MS = 700;
/** As many of the most promising tests go first as take this long. */
const FIRST_MS = 400;

/** The tests of a suite fail before anything is broken, so nothing can be said of them. */
export class BrokenSuite extends Error {}

/** What the answers of a suite depend on: change any of it, and everything has to be asked again. */
export function contextOf(suite, files, version) {
  const digest = createHash('sha256').update(version);
  for (const [path, text] of [...files, ...suite.cases]) digest.update(`${path}\n${Buffer.byteLength(text)}\n${text}`);
  return digest.digest('hex');
}

const places = new Set();
process.once('exit', () => places.forEach((cwd) => rmSync(cwd, { recursive: true, force: true })));

/**
 * Makes the place and runs all tests once, on as few files as they get by with. `reading` reads cases and verdicts as the
 * product does. Throws a BrokenSuite.
 */
export async function openSuite(suite, { opa, reading }) {
  const cases = casesOf(suite, reading);
  const cwd = await mkdtemp(join(tmpdir(), 'countersign-mutate-'));
  places.add(cwd);
  const place = { cwd, opa, reading, cases };
  const level = await settle(place, suite);
  const slow = place.tests.reduce((sum, { ms }) => sum + ms, 0) > CHOOSE_OVER_MS;
  if (slow) for (const test of place.tests) test.covered = await coverage(place, test);
  const kills = new Map();
  return {
    level,
    async kill(mutant, hint) {
      await put(cwd, [[mutant.file, mutant.text]]);
      const killers = kills.get(mutant.rule) ?? [];
      const said = await attempt(place, mutant, slow, killers, hint);
      if (said.by) kills.set(mutant.rule, [said.by, ...killers]);
      await put(cwd, [[mutant.file, suite.levels[level].get(mutant.file)]]);
      return said;
    },
    close() {
      rmSync(cwd, { recursive: true, force: true });
      places.delete(cwd);
    },
  };
}

/** Which level is enough for the tests to pass while nothing is broken. */
async function settle(place, { levels }) {
  let problems = [];
  for (const [level, files] of levels.entries()) {
    if (level > 0 && files.size === levels[level - 1].size) continue;
    await put(place.cwd, files);
    problems = await baseline(place);
    if (problems.length === 0) return level;
  }
  throw new BrokenSuite(`before anything is changed, ${problems.join('; ')}`);
}

async function baseline(place) {
  const { failed, invalid, tests } = await runTests(place);
  if (invalid) return [invalid];
  place.tests = tests;
  const wrong = await runCases(place);
  return [
    ...failed.map((name) => `${name} fails`),
    ...(wrong.by ? [`${wrong.by} fails`] : []),
    ...(wrong.invalid ? [wrong.invalid] : []),
  ];
}

/** The cheapest way to an answer first: who killed its like, who reaches it, the cases, and in the end everybody. */
async function attempt(place, mutant, slow, killers, hint) {
  const left = new Set(place.tests.map(({ name }) => name));
  const chosen = slow ? promising(place, mutant, [...(hint ? [hint] : []), ...killers]) : [];
  const rounds = [
    () => pass(place, left, chosen.slice(0, first(chosen))),
    () => runCases(place),
    () => pass(place, left, chosen),
    () => pass(place, left, place.tests),
  ];
  if (!slow) rounds.splice(0, 3, rounds[3], rounds[1]);
  for (const round of rounds) {
    const { by, invalid } = await round();
    if (invalid) return { outcome: 'invalid' };
    if (by) return { outcome: 'killed', by };
  }
  return { outcome: 'survived' };
}

function promising({ tests }, { file, rows: [from, to] }, killers) {
  const rank = ({ name }) => (killers.includes(name) ? killers.indexOf(name) : killers.length);
  const reaches = ({ covered }) => (covered.get(file) ?? []).some(([start, end]) => start <= to && end >= from);
  return tests
    .filter((test) => killers.includes(test.name) || reaches(test))
    .sort((a, b) => rank(a) - rank(b) || a.ms - b.ms);
}

function first(tests) {
  let ms = 0;
  const over = tests.findIndex((test) => (ms += test.ms) > FIRST_MS);
  return over === -1 ? tests.length : Math.max(over, 1);
}

async function pass(place, left, tests) {
  const names = tests.map(({ name }) => name).filter((name) => left.delete(name));
  if (names.length === 0) return {};
  const { failed, invalid } = await runTests(place, names);
  return { invalid, by: failed?.[0] };
}

function casesOf({ cases }, { readCases }) {
  const read = cases.map(([path, text]) => readCases(text, path));
  const [problem] = read.flatMap(({ problems }) => problems);
  if (problem) throw new BrokenSuite(`${problem.file}:${problem.line}: ${problem.message}`);
  return read.flatMap((one) => one.cases);
}
