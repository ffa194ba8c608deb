import { h, quoted } from './dom.js';
import { clock, number } from './time.js';

// Requests like each other, side by side: what is the same is said once, what differs is a column. There is no way here to
// answer several at once: each row leads to its request, which takes a vote of its own.

const several = ({ approvals }) => approvals.length > 1;
const titleOf = ({ approvals, action, resource_type, subject }) =>
  `${number(approvals.length)} × ${action} (${resource_type}), by ${subject.id}`;

/** The groups as the list at the side has them, of the requests that are known to wait. */
export function alikeLists({ groups }, waiting) {
  const viewsOf = ({ approvals }) => approvals.flatMap(({ id }) => waiting.get(id) ?? []);
  const alone = groups.filter((group) => !several(group)).flatMap(viewsOf);
  return [...groups.filter(several).map((group) => [titleOf(group), viewsOf(group)]), ['Like no other', alone]].filter(
    ([, views]) => views.length > 0,
  );
}

/** The ids of the group that a request is in, in the order in which they are shown. */
export function among({ groups }, id) {
  const ids = groups.map(({ approvals }) => approvals.map((one) => one.id));
  return ids.find((group) => group.includes(id)) ?? [];
}

export function renderAlike({ groups, incomplete }) {
  const shown = groups.filter(several);
  const alone = groups.length - shown.length;
  return h(
    'div',
    { class: 'alike' },
    h('h1', { id: 'effect', tabindex: '-1' }, 'Requests like each other'),
    h('p', { class: 'lead' }, 'Read what differs, then open one and vote. Each takes a vote of its own.'),
    shown.length === 0 ? h('p', { class: 'empty' }, 'No two requests that wait for you are alike.') : '',
    shown.map(renderGroup),
    alone > 0 ? h('p', { class: 'lead' }, `${number(alone)} more like no other: in the list.`) : '',
    incomplete
      ? h('p', { class: 'cut', role: 'note' }, 'More wait than were looked at: those whose time ends first are here.')
      : '',
  );
}

function renderGroup(group, index) {
  const { common, common_left_out, differ_left_out, approvals_left_out } = group;
  const id = `alike-${index}`;
  return h(
    'section',
    { class: 'card', 'aria-labelledby': id },
    h('h2', { id }, quoted(titleOf(group))),
    h('h3', {}, 'They differ in'),
    h('div', { class: 'scrolls', tabindex: '0', role: 'group', 'aria-labelledby': id }, table(group)),
    leftOut(differ_left_out, 'difference'),
    leftOut(approvals_left_out, 'request'),
    h('h3', {}, 'All of them have'),
    h(
      'dl',
      { class: 'facts' },
      common.map(({ pointer, text }) => h('div', {}, h('dt', {}, quoted(pointer)), h('dd', {}, quoted(text)))),
    ),
    leftOut(common_left_out, 'member'),
  );
}

function table(group) {
  const { differ, approvals } = group;
  const column = (...name) => h('th', { scope: 'col' }, ...name);
  return h(
    'table',
    {},
    h('caption', { class: 'unseen' }, `What differs: ${titleOf(group)}`),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        column('Request'),
        differ.map((pointer) => column(quoted(pointer))),
        column('Risk'),
        column('Expires'),
      ),
    ),
    h(
      'tbody',
      {},
      approvals.map(({ id, headline, values, risk, expires_at }) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, h('a', { href: `/inbox/${id}`, 'data-open': id }, quoted(headline))),
          values.map((value) => h('td', {}, quoted(value))),
          h('td', { class: `risk ${risk}` }, risk),
          h('td', {}, clock(expires_at)),
        ),
      ),
    ),
  );
}

function leftOut(count, what) {
  return count > 0
    ? h('p', { class: 'cut' }, `… ${number(count)} more ${what}${count === 1 ? '' : 's'} not shown …`)
    : '';
}

/** Above one request of a group: where the others are. `ids` are those of the group that still wait. */
export function renderAmong(ids, id) {
  const others = ids.filter((other) => other !== id);
  const next = others[ids.indexOf(id)] ?? others[0];
  const link = (to, text) => h('a', { href: to ? `/inbox/${to}` : '/inbox/alike', 'data-open': to ?? 'alike' }, text);
  return h(
    'nav',
    { class: 'among', 'aria-label': 'Requests like this one' },
    others.length === 0 ? 'None like this one waits any more.' : `${number(others.length)} more like this one.`,
    ' ',
    next ? link(next, 'Next like it') : '',
    ' ',
    link(undefined, 'All side by side'),
  );
}
