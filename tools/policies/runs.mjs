import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

// What opa says of the policies in a place: `{cwd, opa, reading, cases}`.

const MOST_OUTPUT = 256 * 1024 * 1024;
/** A mutant may take longer than the policy did, but not forever. Generous: a busy machine is no reason to count it killed. */
const LOADED = ['--timeout', '60s', 'policies'];
const RUN_TIMEOUT_MS = 20 * 60_000;
const ANSWERS = '[[i, answer] | some i, one in input; answer := data.countersign.decision with input as one]';

export async function runTests({ cwd, opa }, names) {
  const only = names ? ['--run', exactly(names)] : [];
  const { stdout, stderr } = await run(opa, cwd, ['test', '--format', 'json', ...only, ...LOADED]);
  const tests = parsed(stdout);
  if (tests === undefined) return { invalid: refusal(stderr, stdout) };
  const named = (tests ?? []).map((test) => ({ ...test, name: `${test.package}.${test.name.replace(/#\d+$/, '')}` }));
  return {
    failed: named.filter(({ fail, error }) => fail || error).map(({ name }) => name),
    tests: [...new Map(named.map(({ name, duration }) => [name, { name, ms: duration / 1e6 }])).values()],
  };
}

/** Which rows of which files a test reaches. */
export async function coverage({ cwd, opa }, { name }) {
  const args = ['test', '--coverage', '--run', exactly([name]), ...LOADED];
  const { files = {} } = parsed((await run(opa, cwd, args)).stdout) ?? {};
  return new Map(
    Object.entries(files).map(([path, { covered = [] }]) => [
      path.replace(/^policies\//, ''),
      covered.map(({ start, end }) => [start.row, end.row]),
    ]),
  );
}

/** All cases in one run of the interpreter: compiling a module for each mutant would take ten times as long. */
export async function runCases({ cwd, opa, reading, cases }) {
  if (cases.length === 0) return {};
  const inputs = `[${cases.map(({ input }) => reading.caseInput(input)).join(',')}]`;
  const args = ['eval', '--format', 'json', '--data', 'policies', '--stdin-input', ANSWERS];
  const { stdout, stderr } = await run(opa, cwd, args, inputs);
  const said = parsed(stdout);
  if (said === undefined) return { invalid: refusal(stderr, stdout) };
  if (said.errors) {
    const compiles = said.errors.every(({ code }) => code?.startsWith('eval_'));
    return compiles ? { by: 'the cases, which cannot be evaluated' } : { invalid: said.errors[0].message };
  }
  const answers = new Map(said.result[0].expressions[0].value);
  const wrong = cases.find((one, i) => !isAnswered(one, answers.get(i), reading));
  return wrong ? { by: `case: ${wrong.name}` } : {};
}

function isAnswered(one, answer, { readVerdict, runCase }) {
  try {
    return runCase(one, { evaluate: () => readVerdict(answer, 'mutant') }).passed;
  } catch {
    return false; // The product denies what is not a verdict, and counts it as a fault.
  }
}

function exactly(names) {
  return `^(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})$`;
}

function parsed(stdout) {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

/** What does not compile is no mutant. Anything else that opa cannot do is a fault, and must not pass for a verdict. */
function refusal(stderr, stdout) {
  const said = `${stderr}${stdout}`.trim();
  if (/rego_\w+_error/.test(said)) return said.split('\n').slice(0, 3).join(' ');
  throw new Error(`opa says: ${said || 'nothing'}`);
}

export async function put(cwd, files) {
  for (const [path, text] of files) {
    await mkdir(dirname(join(cwd, 'policies', path)), { recursive: true });
    await writeFile(join(cwd, 'policies', path), text);
  }
}

function run(opa, cwd, args, stdin = '') {
  // Its garbage collector takes a third of the time of so short a run, and the memory is there.
  const env = { ...process.env, GOGC: '400' };
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: MOST_OUTPUT, timeout: RUN_TIMEOUT_MS };
    const child = execFile(opa, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`opa ${args[0]}: ${error.message}`));
      else resolve({ stdout, stderr });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
}
