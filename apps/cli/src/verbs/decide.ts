import { DecisionSchema, SERVICES } from '@countersign/contract';
import { ACTION_OPTIONS, parseAction } from '../action.js';
import { exitOf, renderDecision } from '../decision-text.js';
import { inWords, parseDuration, toProtoDuration } from '../duration.js';
import { UsageError } from '../exit.js';
import { holderKeyOf } from '../holder.js';
import { asJson } from '../json.js';
import { say } from '../terminal.js';
import { verb } from '../verb.js';

/** As the service's own limit. */
const LONGEST_WAIT = 300_000;

export const decide = verb({
  name: 'decide',
  summary: 'ask whether an action may run',
  about:
    'Asks as an agent does, before it acts. The answer is allowed, denied, or pending while people are asked. With --wait it ' +
    'waits for them. Ctrl-C stops the waiting, not the request. An action that policy allows at once may run now; one that ' +
    'comes with a grant has to be redeemed first, with the same action.',
  options: {
    ...ACTION_OPTIONS,
    principal: {
      type: 'string',
      value: '<person>',
      help: 'on whose behalf: the id of a person, who cannot approve it',
    },
    justification: { type: 'string', value: '<text>', help: 'why, for the approvers; shown as not verified' },
    audience: { type: 'string', value: '<name>', help: 'the only place where the grant will work' },
    'holder-key': {
      type: 'string',
      value: '<thumbprint|pem>',
      help: 'the key whose holder alone may use the grant (RFC 7638)',
    },
    wait: { type: 'string', value: '<duration>', help: 'how long to wait for people, at most 5m: 30s' },
    'request-id': { type: 'string', value: '<id>', help: 'the same id returns the same decision' },
    'dry-run': { type: 'boolean', help: 'what policy would say; nobody is asked, nothing is recorded' },
  },
  examples: [
    'countersign decide --action db.read --resource table:prod.orders',
    'countersign decide --action db.delete --arg rows=12480 --resource table:prod.orders --wait 60s',
  ],
  exits: [0, 1, 2, 3, 4],
  async run({ values, client, terminal, now }) {
    const waitMs = values.wait ? parseDuration(values.wait, '--wait') : 0;
    if (waitMs > LONGEST_WAIT)
      throw new UsageError(`--wait is ${inWords(waitMs)}: at most 5m; follow longer ones with countersign watch`);
    const request = {
      ...parseAction(values),
      requestId: values['request-id'] ?? '',
      principal: values.principal ?? '',
      justification: values.justification ?? '',
      dryRun: values['dry-run'] ?? false,
      audience: values.audience ?? '',
      holderKey: values['holder-key'] ? holderKeyOf(values['holder-key']) : '',
      ...(waitMs > 0 ? { wait: toProtoDuration(waitMs) } : {}),
    };
    if (waitMs > 0) terminal.warn(say`waiting up to ${inWords(waitMs)} for an answer`.styled('dim'));
    const decision = await client().unary(SERVICES.DecisionService.method.decide, request, { waitMs });
    if (terminal.json) terminal.value(asJson(DecisionSchema, decision));
    else terminal.print(renderDecision(decision, now()));
    return exitOf(decision);
  },
});
