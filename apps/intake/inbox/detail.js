import { $, h, quoted } from './dom.js';
import { isPending, level, stateName } from './list.js';
import { clock, left, number } from './time.js';

// One request, in the order in which it should be read: the effect first, the agent's own words last.

/** `actions` are what can be done: {vote, retract, openWhole, back}. `person` is the reader. */
export function renderDetail(view, { person, whole, draft, problem, actions }) {
  const { card, decision } = view;
  const pending = isPending(view);
  const expires = decision.approval?.expires_at;
  return h(
    'article',
    { 'aria-labelledby': 'effect', class: pending ? 'card' : 'card settled', 'data-id': view.id },
    h('button', { type: 'button', class: 'back quiet', onclick: actions.back }, '← All requests'),
    h(
      'header',
      {},
      h('span', { class: `risk ${level(view)}` }, card.risk),
      pending
        ? h('span', { class: 'needs' }, quoted(card.needs))
        : h('span', { class: 'state' }, stateName(decision.state)),
      pending &&
        h(
          'span',
          { class: 'expires' },
          'expires ',
          h('time', { datetime: expires }, clock(expires)),
          ', ',
          h('span', { 'data-left': expires }, left(expires)),
        ),
    ),
    h('h1', { id: 'effect', tabindex: '-1' }, quoted(card.headline)),
    h('p', { class: 'who' }, quoted(card.who)),
    !pending && card.outcome ? h('p', { class: 'outcome' }, quoted(card.outcome)) : '',
    h(
      'dl',
      { class: 'facts' },
      fact('Why it was held', card.why),
      fact('Impact', card.impact.length > 0 ? [card.impact.join(' · ')] : []),
    ),
    payload(view, whole, actions),
    h('dl', { class: 'facts' }, fact('Just before', card.just_before), fact('Similar', card.similar)),
    similarLinks(view),
    agentSays(card),
    pending || card.votes.length > 1 ? votes(card) : '',
    pending ? decide(view, { person, draft, problem, actions }) : '',
    footer(view),
  );
}

function fact(name, lines) {
  if (lines.length === 0) return [];
  return h(
    'div',
    {},
    h('dt', {}, name),
    lines.map((line) => h('dd', {}, quoted(line))),
  );
}

function payload(view, whole, actions) {
  const { card } = view;
  const button = h(
    'button',
    {
      type: 'button',
      id: 'open-whole',
      class: 'quiet',
      'aria-expanded': String(whole !== undefined),
      onclick: actions.openWhole,
    },
    whole === undefined ? 'Open the whole request' : 'Show the short form',
  );
  const size = whole === undefined ? '' : `, ${number(whole.length)} characters`;
  return h(
    'figure',
    { class: whole === undefined ? 'payload' : 'payload whole' },
    h('figcaption', {}, whole === undefined ? 'Exactly this' : `The whole request${size}`, button),
    h(
      'pre',
      { id: 'payload', tabindex: '0', 'aria-label': 'Payload', dir: 'ltr' },
      h('code', {}, whole ?? card.payload),
    ),
    card.payload_cut && whole === undefined
      ? h('p', { class: 'cut' }, 'The payload is cut. Open the whole of it before you approve.')
      : '',
  );
}

function similarLinks({ similar }) {
  if (similar.length === 0) return '';
  return h(
    'details',
    { class: 'similar' },
    h('summary', {}, `${number(similar.length)} like it`),
    h(
      'ul',
      {},
      similar.map((other) =>
        h(
          'li',
          {},
          h('a', { href: `/inbox/${other.id}`, 'data-open': other.id }, quoted(other.headline)),
          ` ${stateName(other.state).toLowerCase()}, asked ${clock(other.asked_at)}`,
          other.differences.length > 0
            ? h('span', { class: 'differs' }, 'this one: ', quoted(other.differences.join(' · ')))
            : '',
        ),
      ),
    ),
  );
}

function agentSays({ agent_says: words, agent_says_before: before }) {
  if (words === '' && before.length === 0) return '';
  return h(
    'section',
    { class: 'agent' },
    h('h2', {}, 'The agent says (not verified)'),
    words === '' ? '' : h('blockquote', {}, quoted(words)),
    before.length === 0 ? '' : h('p', {}, 'It did before: ', quoted(before.join(' · '))),
  );
}

function votes({ votes, progress }) {
  if (votes.length === 0) return '';
  return h(
    'section',
    { class: 'votes' },
    h('h2', {}, `Answers: ${progress}`),
    h(
      'ul',
      {},
      votes.map((line) => h('li', {}, quoted(line))),
    ),
  );
}

function decide(view, { person, draft, problem, actions }) {
  const { card, decision } = view;
  const mine = decision.approval.votes.find(({ voter }) => voter === person.id);
  if (!view.can_vote && !mine)
    return h('p', { class: 'no-vote', id: 'no-vote' }, `You cannot vote on this. ${view.cannot_vote_because}`);
  const required = decision.approval.reason_required;
  const other = mine?.vote === 'VOTE_APPROVE' ? 'deny' : 'approve';
  const reason = h(
    'textarea',
    {
      id: 'reason',
      rows: '2',
      maxlength: '1000',
      'aria-describedby': problem ? 'effect-of-vote problem' : 'effect-of-vote',
      'aria-invalid': problem ? 'true' : undefined,
    },
    draft,
  );
  const button = (kind, label) =>
    h(
      'button',
      {
        type: 'button',
        id: kind,
        class: kind,
        'aria-keyshortcuts': kind[0],
        onclick: () => actions.vote(kind, reason.value, $('session')?.checked),
      },
      label,
    );
  return h(
    'form',
    { class: 'decide', 'aria-label': 'Your vote', onsubmit: (event) => event.preventDefault() },
    mine
      ? h('p', { class: 'mine' }, mine.vote === 'VOTE_APPROVE' ? 'You have approved this.' : 'You have denied this.')
      : '',
    h('label', { for: 'reason' }, required ? 'Reason (required)' : 'Reason (required to deny; the agent gets it)'),
    reason,
    problem ? h('p', { id: 'problem', class: 'problem', role: 'alert' }, problem) : '',
    h('p', { id: 'effect-of-vote', class: 'effect' }, `${card.effect} Until ${clock(decision.approval.expires_at)}.`),
    mine ? '' : session(decision.approval.session_terms),
    decision.approval.step_up &&
      h(
        'p',
        {},
        h('a', { href: `/sign-in?step_up=${view.id}` }, 'Sign in again'),
        ' before you approve: policy asks for a fresh sign-in here.',
      ),
    h(
      'div',
      { class: 'buttons' },
      mine
        ? [
            button(other, other === 'approve' ? 'Approve instead' : 'Deny instead'),
            h('button', { type: 'button', id: 'retract', onclick: actions.retract }, 'Take back my vote'),
          ]
        : [button('approve', 'Approve'), button('deny', 'Deny')],
    ),
  );
}

/** Leave for more of the same is never given by the way: it is not ticked, and never remembered. */
function session(terms) {
  if (!terms) return '';
  const minutes = Math.max(1, Math.floor(Number.parseFloat(terms.expires_in) / 60));
  return h(
    'label',
    { class: 'session' },
    h('input', { type: 'checkbox', id: 'session' }),
    ` Approve up to ${number(terms.count)} more like this one in its session, for ${number(minutes)} min`,
  );
}

function footer({ id, decision }) {
  const digest = decision.action_digest;
  return h(
    'footer',
    {},
    h('span', {}, id),
    ' · ',
    h('span', { title: digest }, `${digest.slice(0, 4)} ${digest.slice(4, 8)}`),
    ' · asked ',
    h('time', { datetime: decision.created_at }, clock(decision.created_at)),
  );
}
