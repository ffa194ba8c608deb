// npm test: prepares what is needed, then every check and every test, and closes with one line of totals. With
// arguments (npm test -- libs/ledger) it runs only the tests that vitest finds for them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findChromium } from './chromium.mjs';
import { build, checkNode, install, ROOT, step, StepFailed, ticking } from './prepare.mjs';

const node = process.execPath;
const bin = (path) => join(ROOT, 'node_modules', path);
const nx = [node, bin('nx/dist/bin/nx.js')];
const buf = [node, bin('@bufbuild/buf/bin/buf')];

/** Each counts as one test. */
const CHECKS = [
  ['formatting', [node, bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['project references', [...nx, 'sync:check']],
  ['protos: lint', [...buf, 'lint']],
  ['protos: compatible with the released ones', [...buf, 'breaking', '--against', 'libs/contract/baseline.binpb']],
  ['types of the tests', [node, bin('typescript/bin/tsc'), '-p', 'tsconfig.all.json']],
  ['lint and module boundaries', [node, 'tools/lint.mjs']],
];

/** Programs some suites need, and what goes unproven without them. */
const TOOLS = [
  ['java', () => onPath('java'), 'tests against a real Kafka broker'],
  ['mvn', () => onPath('mvn'), 'fetching the real Kafka broker'],
  ['python3', () => onPath('python3'), 'SCIM against an independent judge of SCIM servers'],
  ['a Chromium', chromium, 'the inbox in a real browser'],
  ['opa (and of Go to install it with)', opa, 'the Rego tests, and whether the compiled policies match their source'],
];

const totals = { passed: 0, failed: 0, skipped: 0 };
const closing = [];
const started = Date.now();
const failed = (line) => {
  totals.failed++;
  closing.push(line);
};

try {
  checkNode();
  await install();
  await attempt('build', build);
  const filters = process.argv.slice(2);
  if (filters.length === 0) {
    for (const [name, command] of CHECKS) await attempt(name, () => step(name, command));
    await reportMissingTools();
  }
  await runTests(filters);
} catch (error) {
  if (!(error instanceof StepFailed)) console.error(error);
  failed(`could not run: ${error.message}`);
}

console.log(`\n${closing.map((line) => `  ${line}\n`).join('')}in ${Math.round((Date.now() - started) / 1000)} s`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0);

async function attempt(name, action) {
  try {
    await action();
    totals.passed++;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    failed(`failed: ${name}`);
  }
}

/** A suite that cannot run is never silent: it is said at the end, and on CI it is a failure. */
async function reportMissingTools() {
  for (const [name, isThere, proves] of TOOLS) {
    // A program that cannot even be looked for, since the build failed, is not there either.
    if (await Promise.resolve(isThere()).catch(() => false)) continue;
    const line = `not run for want of ${name}: ${proves}`;
    if (process.env.CI === 'true') failed(line);
    else closing.push(line);
  }
}

function onPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)) || existsSync(join(folder, `${program}.exe`)));
}

/** Installs opa for the suites that follow, if Go is there to do it; they themselves only look for it. */
async function opa() {
  const { findOpa } = await import('@countersign/policy');
  return ticking('opa', () =>
    findOpa({ cacheDir: join(ROOT, '.countersign/cache'), log: (line) => console.log(line) }),
  );
}

/** Fetches a browser for the suites that follow, if this machine has none. */
function chromium() {
  return ticking('chromium', () => findChromium((line) => console.log(line)));
}

/** One run for people to read and the same run as JSON to count. */
async function runTests(filters) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-totals-'));
  const file = join(folder, 'totals.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  // A pipe would make vitest fall silent about what runs, so it keeps the terminal if there is one.
  const run = spawnSync(node, [bin('vitest/vitest.mjs'), 'run', ...reporters, ...filters], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    totals.passed += report.numPassedTests;
    totals.failed += report.numFailedTests;
    totals.skipped += report.numPendingTests + report.numTodoTests;
    const failures = report.testResults.flatMap(({ name, status, assertionResults }) => {
      const tests = assertionResults
        .filter((test) => test.status === 'failed')
        .map((test) => `${name}: ${test.fullName}`);
      // A file that does not load, or whose hooks throw, has no failed test but is a failure all the same.
      if (status === 'failed' && tests.length === 0) totals.failed++;
      return status === 'failed' && tests.length === 0 ? [name] : tests;
    });
    closing.push(...failures.map((failure) => `failed: ${failure.replace(ROOT, '')}`));
    // Errors outside any test end the run with a code and appear in no count.
    if (run.status !== 0 && failures.length === 0)
      failed(`failed: vitest ended with ${run.signal ?? `exit code ${run.status}`}`);
  } catch {
    failed(`failed: vitest ended with ${run.signal ?? `exit code ${run.status}`} and no report`);
  }
  rmSync(folder, { recursive: true, force: true });
}
