import { Fault } from '@countersign/contract';
import { EXIT } from '../../exit.js';
import { verb, type Verb } from '../../verb.js';

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

export const policyExplain = notYet(
  'policy explain',
  'show why policy answered as it did',
  'Shows which rules spoke on a decision.',
  '<decision id>',
);

export const policyReplay = notYet(
  'policy replay',
  'see a change on past traffic',
  'Evaluates recorded decisions with changed policies.',
  '[<folder>]',
);
