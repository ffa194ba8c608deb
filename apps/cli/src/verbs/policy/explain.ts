import { Fault } from '@countersign/contract';
import { verb } from '../../verb.js';

export const policyExplain = verb({
  name: 'policy explain',
  summary: 'show why policy answered as it did (not available yet)',
  about: 'Shows which rules spoke on a decision. Not available yet.',
  usage: '<decision id>',
  takes: { min: 0, max: 9 },
  options: {},
  examples: ['countersign policy explain dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C'],
  exits: [1],
  run: () => Promise.reject(new Fault('not-available', '"policy explain" is not available yet')),
});
