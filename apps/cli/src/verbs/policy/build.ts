import { writeFile } from 'node:fs/promises';
import { EXIT, UsageError } from '../../exit.js';
import { opaProgram } from '../../opa.js';
import { say } from '../../terminal.js';
import { verb } from '../../verb.js';
import { FOLDER } from './folder.js';
import { SIGNING, signingKey } from './signing-key.js';

const DEFAULT_BUNDLE = 'countersign-bundle.tar.gz';

export const policyBuild = verb({
  name: 'policy build',
  summary: 'compile the Rego into a bundle',
  about: 'Compiles a folder exactly as the service would. Serve the result with COUNTERSIGN_POLICIES=<file>.',
  options: {
    ...FOLDER,
    out: { type: 'string', value: '<file>', help: `where the bundle goes (${DEFAULT_BUNDLE})` },
    ...SIGNING,
  },
  examples: [
    'countersign policy build --policies ./my-policies --out bundle.tar.gz',
    'countersign policy build --signing-key release.key --key-id release',
  ],
  exits: [0, 1, 2],
  async run({ values, config, terminal }) {
    const opa = await opaProgram(config, terminal);
    const key = await signingKey(values);
    const { compileFolder, signBundle } = await import('@countersign/policy');
    const { archive, bundle } = await compileFolder(values.policies ?? config.policies, opa);
    const out = values.out ?? DEFAULT_BUNDLE;
    await writeFile(out, key ? signBundle(archive, key) : archive).catch((cause: unknown) => {
      throw new UsageError(`${out} cannot be written (${(cause as Error).message}): choose another --out`);
    });
    const { revision, areas } = bundle;
    if (terminal.json) terminal.value({ file: out, revision, areas, ...(key ? { signed_by: key.id } : {}) });
    else {
      const signed = key ? `\n    signed with ${key.id}, ${key.algorithm}` : '';
      terminal.print(say`${say`ok`.styled('green')}  ${out}\n    ${revision}\n    areas: ${areas.join(', ')}${signed}`);
    }
    return EXIT.ok;
  },
});
