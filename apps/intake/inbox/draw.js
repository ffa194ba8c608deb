import { alikeLists, renderAlike, renderAmong } from './alike.js';
import { renderDetail } from './detail.js';
import { $, h, quoted } from './dom.js';
import { groupsOf, matches, renderList } from './list.js';
import { state, waiting } from './state.js';
import { left } from './time.js';

// How what is known is drawn. It is drawn often, and never in the way of whoever reads, types or moves about.

/** What a reader can do to what is drawn, as the page does it. */
export const actions = {};

const EMPTY = { waiting: 'Nothing waits for you.', alike: 'Nothing waits for you.', history: 'Nothing decided yet.' };

export function drawList() {
  const words = $('find').value.toLowerCase().split(/\s+/).filter(Boolean);
  const focused = document.activeElement?.dataset?.id;
  const views = (state.mode === 'history' ? state.decided : [...waiting.values()]).filter((view) =>
    matches(view, words),
  );
  const empty = words.length > 0 ? 'Nothing like that here.' : EMPTY[state.mode];
  const more =
    state.mode === 'history' && state.more !== ''
      ? [h('button', { type: 'button', class: 'quiet', onclick: actions.showMore }, 'Show earlier ones')]
      : [];
  const lists =
    state.mode === 'alike'
      ? alikeLists(state.alike, new Map(views.map((view) => [view.id, view])))
      : groupsOf(views, state.mode === 'history');
  $('list').replaceChildren(...renderList(lists, state.id, empty), ...more);
  const asked = [...waiting.values()].filter(({ can_vote }) => can_vote).length;
  $('count').textContent = asked > 0 ? String(asked) : '';
  document.title = `${asked > 0 ? `(${asked}) ` : ''}Countersign inbox`;
  if (focused)
    $('list')
      .querySelector(`[data-id="${CSS.escape(focused)}"]`)
      ?.focus();
}

/** What the reader was doing stays as it was: the focus, and what has been typed. */
export function drawDetail() {
  if (!state.view) return;
  const focused = document.activeElement?.id;
  const reason = $('reason');
  if (reason) state.draft = reason.value;
  const { person, whole, draft, problem, view } = state;
  const others = state.among.filter((id) => waiting.has(id));
  const among = state.mode === 'alike' ? [renderAmong(others, view.id)] : [];
  $('request').replaceChildren(...among, renderDetail(view, { person, whole, draft, problem, actions }));
  if (focused && focused !== 'request') $(focused)?.focus({ preventScroll: true });
}

/** A broken glass that nobody has looked at is everybody's business. */
export function drawOverdue(reviews) {
  const [first] = reviews;
  $('overdue').hidden = !first;
  if (!first) return;
  const others = reviews.length > 1 ? `, and ${reviews.length - 1} more` : '';
  $('overdue').replaceChildren(
    'Nobody has reviewed in time why the glass was broken: ',
    quoted(first.by_name),
    ', ',
    h('a', { href: `/inbox/${first.id}`, 'data-open': first.id }, first.id),
    `${others}. Close it with "countersign review close".`,
  );
}

export function drawNothing() {
  if (state.mode === 'alike') {
    const { id, dataset } = document.activeElement;
    $('request').replaceChildren(renderAlike(state.alike));
    const again = dataset.open
      ? `#request [data-open="${CSS.escape(dataset.open)}"]`
      : id === 'effect'
        ? '#effect'
        : '';
    if (again) document.querySelector(again)?.focus({ preventScroll: true });
    return;
  }
  $('request').replaceChildren(h('p', { class: 'empty' }, 'Choose a request to see all of it.'));
}

export function drawTimes() {
  for (const element of document.querySelectorAll('[data-left]')) element.textContent = left(element.dataset.left);
  drawList();
}

export function live(on) {
  $('live').textContent = on ? '● live' : '○ not connected';
}

export function say(text) {
  $('said').textContent = text;
}
