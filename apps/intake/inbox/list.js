import { h, quoted } from './dom.js';
import { clock, left } from './time.js';

// The list at the side: what asks for the reader's vote first, then what others decide.

export const isPending = (view) => view.decision.state === 'STATE_PENDING';
export const level = (view) => view.decision.risk?.level ?? 'high';

const STATES = {
  STATE_ALLOWED: 'Approved',
  STATE_REDEEMED: 'Used',
  STATE_DENIED: 'Denied',
  STATE_EXPIRED: 'Expired',
  STATE_WITHDRAWN: 'Withdrawn',
  STATE_REVOKED: 'Revoked',
};
export const stateName = (state) => STATES[state] ?? 'Waiting';

/** The groups of the list, each with its heading. */
export function groupsOf(views, history) {
  if (history) return [['Decided', views]].filter(([, group]) => group.length > 0);
  const byDeadline = [...views].sort(
    (a, b) => a.decision.approval.expires_at.localeCompare(b.decision.approval.expires_at) || a.id.localeCompare(b.id),
  );
  return [
    ['Your vote is asked', byDeadline.filter(({ can_vote }) => can_vote)],
    ['Others decide', byDeadline.filter(({ can_vote }) => !can_vote)],
  ].filter(([, group]) => group.length > 0);
}

export function matches(view, words) {
  const text = [view.card.headline, view.card.who, view.id, ...view.card.why].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

export function renderList(groups, selected, empty) {
  if (groups.length === 0) return [h('p', { class: 'empty' }, empty)];
  return groups.flatMap(([title, views]) => [
    h('h2', {}, `${title} `, h('span', { class: 'number' }, String(views.length))),
    h(
      'ul',
      {},
      views.map((view) => h('li', {}, item(view, view.id === selected))),
    ),
  ]);
}

function item(view, current) {
  const { card, decision } = view;
  const expires = decision.approval?.expires_at;
  const foot = isPending(view)
    ? [card.progress, `expires ${clock(expires)}, ${left(expires)}`]
    : [stateName(decision.state), clock(decision.updated_at)];
  return h(
    'a',
    { href: `/inbox/${view.id}`, 'data-id': view.id, 'aria-current': current ? 'true' : undefined },
    h('span', { class: `risk ${level(view)}` }, card.risk),
    h('strong', {}, quoted(card.headline)),
    h('span', { class: 'who' }, quoted(card.who)),
    h('span', { class: 'foot' }, foot.filter(Boolean).join(' · ')),
  );
}
