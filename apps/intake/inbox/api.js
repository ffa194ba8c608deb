// What the page asks of the service. The cookie goes along by itself; the header says that it is this page that asks.

const HEADERS = { 'x-countersign-inbox': '1' };
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** The service said no, or did not answer. */
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function ask(path, body, signal) {
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  let response;
  try {
    response = await fetch(path, { ...post, headers: { ...HEADERS, ...type }, credentials: 'same-origin', signal });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Problem(0, 'Countersign cannot be reached. What you did last has not been sent.');
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer.message ?? `the service answered ${response.status}`);
  return answer;
}

const zone = `time_zone=${encodeURIComponent(ZONE)}`;

export const me = () => ask('/inbox/me');
export const signIn = (token) => ask('/sign-in/token', { token });
export const ways = () => ask('/sign-in/ways');
export const signOut = () => ask('/sign-out', {});
export const approval = (id, whole = false) => ask(`/v1/approvals/${id}?${zone}&whole_payload=${whole}`);
export const vote = (id, body) => ask(`/v1/approvals/${id}/votes`, body);

/** All that waits and concerns the reader, and reviews that nobody has closed in time. */
export async function pending() {
  const approvals = [];
  let overdue = [];
  let token = '';
  do {
    const page = await ask(
      `/v1/approvals?${zone}&include_ineligible=true&page_size=200&page_token=${encodeURIComponent(token)}`,
    );
    approvals.push(...page.approvals);
    overdue = page.overdue_reviews;
    token = page.next_page_token;
  } while (token !== '' && approvals.length < 1_000);
  return { approvals, overdue };
}

/** What the reader is asked, in groups of requests like each other. */
export const alike = () => ask('/v1/approval-groups');

/** However often it is called meanwhile, `work` is under way once, and once more after that: what changes in a burst is read once. */
export function oneAtATime(work) {
  let running;
  let again = false;
  const rounds = async () => {
    try {
      while (again) {
        again = false;
        await work();
      }
    } finally {
      running = undefined;
    }
  };
  return () => {
    again = true;
    return (running ??= rounds());
  };
}

/** One page of what is decided. */
export const decided = (token = '') =>
  ask(`/v1/approvals?${zone}&decided=true&page_size=50&page_token=${encodeURIComponent(token)}`);

/**
 * Follows what changes, for ever. An EventSource could not send the header that tells our page from another, so the stream is
 * read as the standard says it is to be read.
 */
export async function follow({ onApproval, onOpen, onLost }) {
  for (let wait = 500; ; wait = Math.min(wait * 2, 15_000)) {
    try {
      const response = await fetch(`/inbox/events?${zone}`, { headers: HEADERS, credentials: 'same-origin' });
      if (response.status === 401 || response.status === 403) return onLost(true);
      if (!response.ok) throw new Problem(response.status, 'no stream');
      await onOpen();
      wait = 500;
      for await (const event of eventsOf(response.body)) if (event.data) onApproval(JSON.parse(event.data));
    } catch {
      // Lost is lost, whatever it was: the next list tells what has been missed.
    }
    onLost(false);
    await new Promise((resolve) => setTimeout(resolve, wait + Math.random() * wait));
  }
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value).split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const lines = part.split('\n').filter((line) => line.startsWith('data: '));
      yield { data: lines.map((line) => line.slice(6)).join('\n') };
    }
  }
}
