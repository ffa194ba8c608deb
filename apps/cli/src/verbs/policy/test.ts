import { runOpa } from '../../opa.js';
import { verb } from '../../verb.js';
import { FOLDER } from './folder.js';

export const policyTest = verb({
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
