import { DecisionSchema, Finding, ListReviewsResponseSchema, SERVICES } from '@countersign/contract';
import { ACTION_OPTIONS, parseAction } from '../action.js';
import { renderDecision } from '../decision-text.js';
import { parseDuration, toProtoDuration } from '../duration.js';
import { EXIT, UsageError } from '../exit.js';
import { asJson } from '../json.js';
import { reviewText } from '../review-text.js';
import { joinTexts, say } from '../terminal.js';
import { verb } from '../verb.js';

const { breakGlass: breaking, closeReview, listReviews } = SERVICES.ApprovalService.method;

export const breakGlass = verb({
  name: 'break-glass',
  summary: 'let one exact action run now, on your own word',
  about:
    'For what cannot wait for approval, where policy allows it. The groups that policy names are told at once, the grant lasts ' +
    'minutes, and somebody who had no part in it reviews it. It never beats a guardrail or a stop. Name the decision that ' +
    'waits, or the action with the agent that is to do it; the agent finds the grant in its decision.',
  usage: '(--decision <id> | --subject agent:<id> --action <name> --resource <type:id>) --reason <text>',
  options: {
    decision: { type: 'string', value: '<id>', help: 'a decision that waits for people' },
    ...ACTION_OPTIONS,
    principal: { type: 'string', value: '<person>', help: 'on whose behalf: the id of a person' },
    'request-id': { type: 'string', value: '<id>', help: 'the same id returns the same decision' },
    reason: { type: 'string', value: '<text>', help: 'why it cannot wait; required' },
    ticket: { type: 'string', value: '<id>', help: 'where more is written about it' },
    for: { type: 'string', value: '<duration>', help: 'for how long, at most what policy allows: 10m' },
  },
  examples: [
    'countersign break-glass --decision dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C --reason "checkout is down" --ticket INC-4711',
    'countersign break-glass --subject agent:release-bot --action db.delete --arg rows=500 --resource table:prod.locks --reason "checkout is down"',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal, now }) {
    const { decision: decisionId = '', reason, ticket = '', principal = '', for: lasts } = values;
    if (!reason?.trim())
      throw new UsageError('breaking the glass needs a reason that everybody will read: add --reason "…"');
    if (decisionId && values.action) throw new UsageError('give --decision or --action, not both');
    const request = decisionId
      ? {}
      : { request: { ...parseAction(values), principal, requestId: values['request-id'] ?? '' } };
    const duration = lasts === undefined ? {} : { duration: toProtoDuration(parseDuration(lasts, '--for')) };
    const decision = await client().unary(breaking, { decisionId, reason, ticket, ...request, ...duration });
    if (terminal.json) terminal.value(asJson(DecisionSchema, decision));
    else {
      terminal.print(renderDecision(decision, now()));
      const { notified = [] } = decision.brokenGlass ?? {};
      terminal.warn(say`told: ${notified.join(', ')}; the agent finds its grant in ${decision.id}`);
    }
    return EXIT.ok;
  },
});

export const reviews = verb({
  name: 'reviews',
  summary: 'list broken glass that nobody has reviewed yet',
  about: 'Open reviews, the longest overdue first: what was done alone, by whom and why, and who has to look at it.',
  options: { overdue: { type: 'boolean', help: 'only those that are overdue' } },
  examples: ['countersign reviews', 'countersign reviews --overdue'],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal, now }) {
    const answer = await client().unary(listReviews, { overdue: values.overdue ?? false });
    if (terminal.json) terminal.value(asJson(ListReviewsResponseSchema, answer));
    else if (answer.reviews.length === 0) terminal.print(say`nothing waits for a review`);
    else
      terminal.print(
        joinTexts(
          answer.reviews.map((review) => reviewText(review, now())),
          '\n\n',
        ),
      );
    return EXIT.ok;
  },
});

const FINDINGS: Record<string, Finding> = { justified: Finding.JUSTIFIED, 'not-justified': Finding.NOT_JUSTIFIED };

export const reviewClose = verb({
  name: 'review close',
  summary: 'say whether it was right to break the glass',
  about:
    'For members of the groups that review. Not for whoever broke the glass, owns the agent, asked, or is the principal: nobody ' +
    'reviews what they wished for.',
  usage: '<id> --finding justified|not-justified --comment <text>',
  takes: { min: 1, max: 1 },
  options: {
    finding: { type: 'string', value: '<finding>', help: 'justified or not-justified; required' },
    comment: { type: 'string', value: '<text>', help: 'why; required' },
  },
  examples: [
    'countersign review close dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C --finding justified --comment "the index was corrupt"',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [id], client, terminal, now }) {
    const { comment } = values;
    const finding = FINDINGS[values.finding ?? ''];
    if (finding === undefined) throw new UsageError('was it right? add --finding justified or --finding not-justified');
    if (!comment?.trim()) throw new UsageError('a review needs a comment: add --comment "…"');
    const decision = await client().unary(closeReview, { id: id!, finding, comment });
    if (terminal.json) terminal.value(asJson(DecisionSchema, decision));
    else terminal.print(joinTexts([say`${say`Closed.`.styled('green')}`, renderDecision(decision, now())], '\n'));
    return EXIT.ok;
  },
});
