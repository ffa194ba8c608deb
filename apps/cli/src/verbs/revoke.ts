import { DecisionSchema, SERVICES } from '@countersign/contract';
import { renderDecision } from '../decision-text.js';
import { EXIT, UsageError } from '../exit.js';
import { asJson } from '../json.js';
import { verb } from '../verb.js';

const { revokeDecision } = SERVICES.ApprovalService.method;

export const revoke = verb({
  name: 'revoke',
  summary: 'revoke a permission that has not been used',
  about:
    'Its grant stops working. If the approval also covered further actions in the session, that ends too, and every unused grant ' +
    'that was given for them. What has already been done stays done.',
  usage: '<id> --reason <text>',
  takes: { min: 1, max: 1 },
  options: { reason: { type: 'string', value: '<text>', help: 'why; required' } },
  examples: ['countersign revoke dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C --reason "the customer is a fraud"'],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [id], client, terminal, now }) {
    if (!values.reason?.trim()) throw new UsageError('a revocation needs a reason: add --reason "…"');
    const decision = await client().unary(revokeDecision, { id: id!, reason: values.reason });
    if (terminal.json) terminal.value(asJson(DecisionSchema, decision));
    else terminal.print(renderDecision(decision, now()));
    return EXIT.ok;
  },
});
