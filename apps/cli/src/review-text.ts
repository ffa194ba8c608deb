import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Review } from '@countersign/contract';
import { say, type Text } from './terminal.js';
import { clock } from './when.js';

/** An open review for people: what was done alone, by whom and why, and who has to look at it until when. */
export function reviewText(review: Review, now: Date): Text {
  const due = review.dueAt ? clock(timestampDate(review.dueAt), now) : '';
  const state = review.overdue ? say`REVIEW OVERDUE`.styled('red') : say`REVIEW`.styled('yellow');
  const ticket = review.ticket ? ` · ${review.ticket}` : '';
  return say`${state}  ${review.id}  due ${due}  ${review.groups.join(' or ')}
  ${review.byName || review.by} broke the glass for ${review.subject}: ${review.action} on ${review.resource}
  ${review.reason}${ticket}
  ${say`countersign review close ${review.id} --finding justified --comment "…"`.styled('cyan')}`;
}

/** What stands above everything else while reviews are overdue. */
export function overdueBanner(reviews: readonly Review[]): Text | undefined {
  if (reviews.length === 0) return undefined;
  const what = reviews.length === 1 ? 'a review of broken glass is' : `${reviews.length} reviews of broken glass are`;
  return say`${say`! ${what} overdue: see countersign reviews`.styled('red')}`;
}
