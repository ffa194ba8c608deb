import { runOpa } from '../../opa.js';
import { verb } from '../../verb.js';
import { FOLDER } from './folder.js';

export const policyCheck = verb({
  name: 'policy check',
  summary: 'check that the Rego compiles, strictly',
  about: 'Runs "opa check --strict" over a folder of policies.',
  options: FOLDER,
  examples: ['countersign policy check', 'countersign policy check --policies ./my-policies'],
  exits: [0, 1, 2],
  run: ({ values, config, terminal }) =>
    runOpa(['check', '--strict', values.policies ?? config.policies], config, terminal),
});
