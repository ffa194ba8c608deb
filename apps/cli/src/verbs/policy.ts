import { writeFile } from 'node:fs/promises';
import { Fault } from '@countersign/contract';
import { EXIT, UsageError } from '../exit.js';
import { opaProgram, runOpa } from '../opa.js';
import { say } from '../terminal.js';
import { verb, type Verb } from '../verb.js';

const FOLDER = {
  policies: { type: 'string', value: '<folder>', help: 'folder of Rego (COUNTERSIGN_POLICIES, policies)' },
} as const;
const DEFAULT_BUNDLE = 'countersign-bundle.tar.gz';

const policyCheck = verb({
  name: 'policy check',
  summary: 'check that the Rego compiles, strictly',
  about: 'Runs "opa check --strict" over a folder of policies.',
  options: FOLDER,
  examples: ['countersign policy check', 'countersign policy check --policies ./my-policies'],
  exits: [0, 1, 2],
  run: ({ values, config, terminal }) =>
    runOpa(['check', '--strict', values.policies ?? config.policies], config, terminal),
});

const policyTest = verb({
  name: 'policy test',
  summary: 'run the tests beside the Rego',
  about: 'Runs "opa test" over a folder of policies.',
  options: { ...FOLDER, run: { type: 'string', value: '<regex>', help: 'only tests whose name matches' } },
  examples: ['countersign policy test', 'countersign policy test --run bulk_delete'],
  exits: [0, 1, 2],
  run({ values, config, terminal }) {
    const only = values.run ? ['--run', values.run] : [];
    const format = terminal.json ? ['--format', 'json'] : [];
    return runOpa(['test', ...only, ...format, values.policies ?? config.policies], config, terminal);
  },
});

const policyBuild = verb({
  name: 'policy build',
  summary: 'compile the Rego into a bundle',
  about: 'Compiles a folder exactly as the service would. Serve the result with COUNTERSIGN_POLICIES=<file>.',
  options: { ...FOLDER, out: { type: 'string', value: '<file>', help: `where the bundle goes (${DEFAULT_BUNDLE})` } },
  examples: ['countersign policy build --policies ./my-policies --out bundle.tar.gz'],
  exits: [0, 1, 2],
  async run({ values, config, terminal }) {
    const opa = await opaProgram(config, terminal);
    const { compileFolder } = await import('@countersign/policy');
    const { archive, bundle } = await compileFolder(values.policies ?? config.policies, opa);
    const out = values.out ?? DEFAULT_BUNDLE;
    await writeFile(out, archive).catch((cause: unknown) => {
      throw new UsageError(`${out} can not be written (${(cause as Error).message}): choose another --out`);
    });
    const { revision, areas } = bundle;
    if (terminal.json) terminal.value({ file: out, revision, areas });
    else terminal.print(say`${say`ok`.styled('green')}  ${out}\n    ${revision}\n    areas: ${areas.join(', ')}`);
    return EXIT.ok;
  },
});

function notYet(name: string, summary: string, about: string, usage: string): Verb {
  return verb({
    name,
    summary: `${summary} (not available yet)`,
    about: `${about} Not available yet.`,
    usage,
    takes: { min: 0, max: 9 },
    options: {},
    examples: [`countersign ${name} ${usage}`],
    exits: [EXIT.fault],
    run: () => Promise.reject(new Fault('not-available', `"${name}" is not available yet`)),
  });
}

export const POLICY_VERBS: readonly Verb[] = [
  policyCheck,
  policyTest,
  policyBuild,
  notYet(
    'policy explain',
    'show why policy answered as it did',
    'Shows which rules spoke on a decision.',
    '<decision id>',
  ),
  notYet(
    'policy replay',
    'see a change on past traffic',
    'Evaluates recorded decisions with changed policies.',
    '[<folder>]',
  ),
];
