import { ListApproverSignalsResponseSchema, SERVICES } from '@countersign/contract';
import { toProtoDuration } from '../duration.js';
import { EXIT } from '../exit.js';
import { asJson } from '../json.js';
import { parseWhole } from '../number.js';
import { renderSignals } from '../signals-text.js';
import { verb } from '../verb.js';

const DAY_MS = 86_400_000;

export const signals = verb({
  name: 'signals',
  summary: 'how people answer: how fast, how alike, and what they open',
  about:
    'Your own numbers; with --everyone or --person those of others, for auditors and operators. They are there to talk about: nothing depends on them.',
  options: {
    everyone: { type: 'boolean', help: 'of all who have voted' },
    person: { type: 'string', value: '<id>', help: 'of one other person' },
    days: { type: 'string', value: '<n>', help: 'how far back: 1 to 90, otherwise 30' },
    fast: { type: 'string', value: '<seconds>', help: 'what counts as fast, otherwise 5' },
  },
  examples: ['countersign signals', 'countersign signals --everyone --days 90 --fast 3'],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal }) {
    const { listApproverSignals } = SERVICES.ApprovalService.method;
    const found = await client().unary(listApproverSignals, {
      everyone: values.everyone ?? false,
      person: values.person ?? '',
      period: toProtoDuration(parseWhole(values.days ?? '30', '--days', 90) * DAY_MS),
      ...(values.fast === undefined ? {} : { fastS: parseWhole(values.fast, '--fast', 3_600) }),
    });
    if (terminal.json) terminal.value(asJson(ListApproverSignalsResponseSchema, found));
    else terminal.print(renderSignals(found));
    return EXIT.ok;
  },
});
