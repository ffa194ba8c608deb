import {
  ApprovalViewSchema,
  ListApprovalGroupsResponseSchema,
  ReviewSchema,
  SERVICES,
  type ApprovalView,
  type Review,
} from '@countersign/contract';
import { renderCardLines, renderCardText } from '../card-text.js';
import { EXIT } from '../exit.js';
import { renderGroups } from '../group-text.js';
import { asJson } from '../json.js';
import { overdueBanner } from '../review-text.js';
import { joinTexts, say } from '../terminal.js';
import { verb } from '../verb.js';

export const approvals = verb({
  name: 'approvals',
  summary: 'list what waits for you, or show one card',
  about:
    'Without an id: the pending approvals you have a part in, oldest deadline first. With one: everything an approver should see.',
  usage: '[<id>]',
  takes: { min: 0, max: 1 },
  options: {
    all: { type: 'boolean', help: 'also those you can see but not vote on' },
    grouped: { type: 'boolean', help: 'requests like each other side by side, with what differs' },
  },
  examples: [
    'countersign approvals',
    'countersign approvals --grouped',
    'countersign approvals dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [id], client, terminal, now }) {
    const { getApproval, listApprovalGroups, listApprovals } = SERVICES.ApprovalService.method;
    if (id) {
      const view = await client().unary(getApproval, { id });
      if (terminal.json) terminal.value(asJson(ApprovalViewSchema, view));
      else terminal.print(renderCardText(view, now()));
      return EXIT.ok;
    }
    if (values.grouped) {
      const listed = await client().unary(listApprovalGroups, { includeIneligible: values.all ?? false });
      if (terminal.json) terminal.value(asJson(ListApprovalGroupsResponseSchema, listed));
      else terminal.print(renderGroups(listed, now()));
      return EXIT.ok;
    }
    const views: ApprovalView[] = [];
    const notices: string[] = [];
    let overdue: Review[] = [];
    let pageToken = '';
    do {
      const page = await client().unary(listApprovals, { includeIneligible: values.all ?? false, pageToken });
      views.push(...page.approvals);
      notices.push(...page.notices);
      if (!pageToken) overdue = page.overdueReviews;
      pageToken = page.nextPageToken;
    } while (pageToken);
    const banner = overdueBanner(overdue);
    if (banner) terminal.warn(banner);
    if (terminal.json) {
      const overdue_reviews = overdue.map((review) => asJson(ReviewSchema, review));
      terminal.value({ approvals: views.map((view) => asJson(ApprovalViewSchema, view)), notices, overdue_reviews });
    } else if (views.length === 0) terminal.print(say`nothing waits for you`);
    else {
      terminal.print(
        joinTexts(
          views.map((view) => renderCardLines(view, now())),
          '\n\n',
        ),
      );
      terminal.print(say`\nsee one whole: ${say`countersign approvals ${views[0]!.id}`.styled('cyan')}`);
    }
    if (!terminal.json) for (const notice of notices) terminal.warn(say`${notice}`);
    return EXIT.ok;
  },
});
