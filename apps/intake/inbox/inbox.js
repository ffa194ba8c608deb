import { among } from './alike.js';
import * as api from './api.js';
import { $, h } from './dom.js';
import { actions, drawDetail, drawList, drawNothing, drawOverdue, drawTimes, live, say } from './draw.js';
import { listenForKeys } from './keys.js';
import { isPending } from './list.js';
import { askToSignIn } from './sign-in.js';
import { MODES, state, waiting } from './state.js';

// The page: what changes, here or elsewhere, and what a reader does.

async function begin() {
  try {
    state.person = await api.me();
  } catch (problem) {
    return askToSignIn(problem.status === 401 || problem.status === 403 ? '' : problem.message);
  }
  $('person').textContent = state.person.name;
  Object.assign(actions, { showMore, vote: cast, retract, openWhole, back: () => open(undefined) });
  listenForKeys({ escape, submitReason: () => cast('deny', $('reason').value), keys: KEYS });
  for (const mode of MODES) $(`show-${mode}`).addEventListener('click', () => show(mode));
  $('find').addEventListener('input', drawList);
  $('sign-out').addEventListener('click', () => api.signOut().finally(() => location.assign('/inbox')));
  document.addEventListener('click', openInPlace);
  addEventListener('popstate', arrive);
  setInterval(drawTimes, 10_000);
  void api.follow({
    onOpen: refresh,
    onApproval: changed,
    onLost: (signedOut) => (signedOut ? location.assign('/inbox') : live(false)),
  });
  await arrive();
}

/** Shows what the address names. */
async function arrive() {
  if (location.pathname === '/inbox/alike') await show('alike', false);
  else if (location.pathname === '/inbox' && state.mode === 'alike') await show('waiting', false);
  await open(idInAddress(), false);
}

/** After every gap the whole list is read again: what happened meanwhile is nowhere else. */
async function refresh() {
  const { approvals, overdue } = await api.pending();
  drawOverdue(overdue);
  waiting.clear();
  for (const view of approvals) waiting.set(view.id, view);
  live(true);
  drawList();
  if (state.mode === 'alike') await readAlike();
  if (state.id) await read();
}

function changed(view) {
  const before = waiting.get(view.id);
  if (isPending(view)) waiting.set(view.id, view);
  else waiting.delete(view.id);
  if (isPending(view) && !before && view.can_vote)
    say(`New request. ${view.card.risk.slice(2)}: ${view.card.headline}`);
  drawList();
  if (view.id === state.id && view.decision.updated_at !== state.view?.decision.updated_at) void read(true);
  if (state.mode === 'history' && !isPending(view)) void show('history');
  if (state.mode === 'alike') void readAlike();
}

async function show(mode, push = true) {
  state.mode = mode;
  for (const other of MODES) $(`show-${other}`).setAttribute('aria-pressed', String(other === mode));
  if (mode === 'history') {
    const page = await api.decided().catch(() => ({ approvals: [], next_page_token: '' }));
    [state.decided, state.more] = [page.approvals, page.next_page_token];
  }
  if (mode === 'alike') await readAlike();
  // Side by side is a page of its own; the other two are lists beside whatever is open.
  if (push && (mode === 'alike' || !state.id)) await open(undefined);
  drawList();
}

const readAlike = api.oneAtATime(async () => {
  state.alike = await api.alike().catch(() => state.alike);
  drawList();
  if (state.mode === 'alike' && !state.id) drawNothing();
});

async function showMore() {
  const page = await api.decided(state.more);
  state.decided.push(...page.approvals);
  state.more = page.next_page_token;
  drawList();
}

async function open(id, push = true) {
  const address = id ? `/inbox/${id}` : state.mode === 'alike' ? '/inbox/alike' : '/inbox';
  if (push && address !== location.pathname) history.pushState({}, '', address);
  // Those that were like it when it was opened: what is answered leaves its group, and not its place.
  if (id && !state.among.includes(id)) state.among = among(state.alike, id);
  Object.assign(state, {
    id,
    view: undefined,
    whole: undefined,
    opened: false,
    draft: '',
    problem: '',
    since: Date.now(),
  });
  document.body.classList.toggle('reading', id !== undefined || state.mode === 'alike');
  drawList();
  if (!id) {
    drawNothing();
    if (push) $('effect')?.focus();
    return;
  }
  await read();
  if (push) $('effect')?.focus();
}

/** Reads the open request again. `elsewhere`: because it changed while it was open. */
async function read(elsewhere = false) {
  const { id } = state;
  try {
    const view = await api.approval(id);
    if (id !== state.id) return;
    const settled = elsewhere && state.view && isPending(state.view) && !isPending(view);
    state.view = view;
    drawDetail();
    if (settled) say(`Decided meanwhile. ${view.card.outcome}`);
  } catch (problem) {
    if (id !== state.id) return;
    $('request').replaceChildren(h('p', { class: 'empty', role: 'alert' }, problem.message));
  }
}

async function openWhole() {
  if (state.whole !== undefined) state.whole = undefined;
  else {
    const { id } = state;
    const view = await api.approval(id, true);
    if (id !== state.id) return;
    [state.whole, state.opened] = [view.whole_payload, true];
  }
  drawDetail();
  $('payload').focus();
}

async function cast(kind, reason, session = false) {
  const { view } = state;
  if (!view || state.sending) return;
  state.draft = reason;
  if (reason.trim() === '' && (kind === 'deny' || view.decision.approval.reason_required)) {
    return refuse(
      kind === 'deny' ? 'Say why: the agent gets your reason.' : 'Say why: a reason is required here.',
      'reason',
    );
  }
  if (kind === 'approve' && view.card.payload_cut && !state.opened) {
    await openWhole();
    return refuse('The payload was cut. Read the whole of it, then approve.', 'payload');
  }
  const more = session && kind === 'approve' ? { session: {} } : {};
  await send({ vote: kind === 'approve' ? 'VOTE_APPROVE' : 'VOTE_DENY', reason, ...more });
}

const retract = () => send({ vote: 'VOTE_RETRACT' });

async function send(body) {
  const { id, view, opened, since } = state;
  state.sending = true;
  try {
    await api.vote(id, {
      ...body,
      seen_digest: view.decision.action_digest,
      card_digest: view.card.digest,
      opened_details: opened,
      considered_s: Math.min(86_400, Math.round((Date.now() - since) / 1000)),
    });
    Object.assign(state, { draft: '', problem: '' });
    await read();
    say(isPending(state.view) ? 'Your vote is recorded.' : state.view.card.outcome);
    $('effect')?.focus();
  } catch (problem) {
    // What is shown may be what is wrong: it is read again, and what the service said stays beside it.
    await read();
    refuse(problem.message, 'effect');
  } finally {
    state.sending = false;
  }
}

function refuse(text, focus) {
  state.problem = text;
  drawDetail();
  if (!$('problem'))
    $('request').lastElementChild?.append(h('p', { id: 'problem', class: 'problem', role: 'alert' }, text));
  $(focus)?.focus();
}

function escape() {
  if (document.activeElement === $('find')) {
    $('find').value = '';
    drawList();
  }
  const { id } = state;
  if (innerWidth < 860 && id) void open(undefined);
  ($('list').querySelector(`[data-id="${CSS.escape(id ?? '')}"]`) ?? $('list').querySelector('a'))?.focus();
}

function move(step) {
  const links = [...$('list').querySelectorAll('a')];
  const at = links.findIndex((link) => link === document.activeElement || link.dataset.id === state.id);
  const focused = links.indexOf(document.activeElement);
  const next = links[Math.max(0, Math.min(links.length - 1, (focused >= 0 ? focused : at) + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  a: () => $('approve')?.focus() ?? undefined,
  d: () => ($('reason') ?? $('no-vote'))?.focus(),
  o: () => (state.view ? void openWhole() : false),
  s: () => void show('alike'),
  '/': () => $('find').focus(),
  '?': () => $('keys').showModal(),
};

function openInPlace(event) {
  const link = event.target.closest?.('a[data-id], a[data-open]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const id = link.dataset.id ?? link.dataset.open;
  void (id === 'alike' ? show('alike') : open(id));
}

function idInAddress() {
  return /^\/inbox\/(dec_[0-9a-z]{26})$/.exec(location.pathname)?.[1];
}

await begin();
