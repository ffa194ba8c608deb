import { Fault } from '@countersign/contract';
import type { CaseResult, FoundCases, Mismatch, RegoTest } from '@countersign/policy/authoring';
import { EXIT, UsageError } from '../../exit.js';
import { opaProgram } from '../../opa.js';
import { working } from '../../progress.js';
import { joinTexts, say, type Text } from '../../terminal.js';
import { verb } from '../../verb.js';
import { FOLDER } from './folder.js';

export const policyTest = verb({
  name: 'policy test',
  summary: 'run the tests beside the Rego, and the decision cases',
  about:
    'Runs the Rego tests (*_test.rego) with opa, and the decision cases (*.cases.yaml) on the module that would serve. A case ' +
    'names an action and what it expects: the effect, the seats, the rules and their reasons; and with input.break_glass, on ' +
    'what terms somebody may break the glass (break_glass) or why not (break_glass_refused). A file of cases without a case ' +
    'is an error. With --json: {ok, rego: {passed, failed, skipped, tests}, cases: {passed, failed, results}, problems}.',
  options: {
    ...FOLDER,
    run: { type: 'string', value: '<regex>', help: 'only tests and cases whose name matches' },
  },
  examples: ['countersign policy test', 'countersign policy test --policies ./my-policies --run "thousand rows"'],
  exits: [0, 1, 2],
  async run({ values, config, terminal }) {
    const folder = values.policies ?? config.policies;
    const only = values.run === undefined ? undefined : pattern(values.run);
    const opa = await opaProgram(config, terminal);
    const { findCases, runCase, runRegoTests } = await import('@countersign/policy/authoring');
    const { compileFolder, PolicyEngine } = await import('@countersign/policy');
    working(terminal, 'running the tests');
    const rego = await runRegoTests(opa, folder, values.run);
    const found = await findCases(folder);
    const chosen = found.cases.filter(({ name }) => only?.test(name) ?? true);
    const faults: string[] = [];
    let results: CaseResult[] = [];
    if (chosen.length > 0) {
      const { bundle } = await compileFolder(folder, opa);
      const engine = new PolicyEngine(bundle, { onFault: (kind, detail) => faults.push(`${kind}: ${detail}`) });
      results = chosen.map((one) => runCase(one, engine));
    }
    requireSomething(folder, values.run, found, rego.length + results.length);
    const report = summary(rego, results, found);
    if (terminal.json) terminal.value(report);
    else {
      for (const line of [...regoText(rego), ...casesText(results), ...problemsText(found)]) terminal.print(line);
      for (const fault of new Set(faults)) terminal.warn(say`policy broke: ${fault}`.styled('yellow'));
      terminal.print(totals(report));
    }
    return report.ok ? EXIT.ok : EXIT.fault;
  },
});

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--run is not a regular expression: ${(error as Error).message}`);
  }
}

/** A run that tested nothing must not look like one that found nothing wrong. */
function requireSomething(folder: string, run: string | undefined, found: FoundCases, count: number): void {
  if (count > 0 || found.problems.length > 0) return;
  if (run !== undefined)
    throw new UsageError(`no test and no case in ${folder} has a name that matches --run "${run}"`);
  throw new Fault(
    'nothing-to-test',
    `there are no tests in ${folder}: write *_test.rego or *.cases.yaml beside the policies`,
  );
}

function summary(tests: RegoTest[], results: CaseResult[], { files, problems }: FoundCases) {
  const count = (outcome: RegoTest['outcome']) => tests.filter((test) => test.outcome === outcome).length;
  const failed = results.filter(({ passed }) => !passed).length;
  return {
    ok: count('failed') === 0 && failed === 0 && problems.length === 0,
    rego: { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), tests },
    cases: { files: files.length, passed: results.length - failed, failed, results },
    problems,
  };
}

const FAILED = say`failed`.styled('red');

function regoText(tests: readonly RegoTest[]): Text[] {
  return tests
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ name, file, line, output }) => {
      const printed = output ? [say`    ${output.replaceAll('\n', '\n    ')}`] : [];
      return joinTexts([say`${FAILED}  ${name}  ${say`${file}:${line}`.styled('dim')}`, ...printed], '\n');
    });
}

function casesText(results: readonly CaseResult[]): Text[] {
  return results
    .filter(({ passed }) => !passed)
    .map(({ name, file, line, mismatches, verdict }) => {
      const reasons = verdict.reasons.map(({ rule, text }) => say`      ${rule}: ${text}`);
      return joinTexts(
        [
          say`${FAILED}  ${name}  ${say`${file}:${line}`.styled('dim')}`,
          ...mismatches.map(mismatchText),
          say`    policy said ${verdict.effect}, because`,
          ...reasons,
        ],
        '\n',
      );
    });
}

function mismatchText({ member, expected, actual }: Mismatch): Text {
  const name = say`${member.padEnd(12)}`;
  if (!Array.isArray(expected) || !Array.isArray(actual)) {
    return say`    ${name} expected ${said(expected)}, got ${said(actual)}`;
  }
  // Of two lists only what differs is worth reading.
  const missing = expected.filter((one) => !actual.includes(one)).map((one) => `missing ${said(one)}`);
  const surplus = actual.filter((one) => !expected.includes(one)).map((one) => `unexpected ${said(one)}`);
  return say`    ${name} ${[...missing, ...surplus].join(', ') || `expected ${said(expected)}, got ${said(actual)}`}`;
}

function said(value: unknown): string {
  if (value === null) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function problemsText({ problems }: FoundCases): Text[] {
  return problems.map(({ file, line, column, message }) => say`${FAILED}  ${file}:${line}:${column}  ${message}`);
}

function totals({ ok, rego, cases, problems }: ReturnType<typeof summary>): Text {
  const skipped = rego.skipped > 0 ? `, ${rego.skipped} skipped` : '';
  const broken = problems.length > 0 ? `; ${problems.length} problems in files of cases` : '';
  const word = ok ? say`ok`.styled('green') : FAILED;
  return say`${word}  ${rego.passed} Rego tests passed, ${rego.failed} failed${skipped}; ${cases.passed} decision cases passed, ${cases.failed} failed${broken}`;
}
