// Plays the main story against a running instance, from the outside: HTTP as an agent and as people would call it, and
// `countersign audit verify` at the end. Ends with 1 as soon as anything differs from the story.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const env = process.env;
const HTTP = (env.COUNTERSIGN_HTTP_ADDRESS ?? `http://127.0.0.1:${env.COUNTERSIGN_HTTP_PORT ?? 7480}`).replace(
  /\/+$/,
  '',
);
const CLI = fileURLToPath(new URL('countersign.mjs', import.meta.url));
const AGENT = 'cs_dev_release-bot';
const OWNER = 'cs_dev_sam';
const APPROVER = 'cs_dev_dana';
const AUDITOR = 'cs_dev_ana';
/** Time to read each step; none when nobody watches. */
const PACE_MS = Number(env.DEMO_PACE_MS ?? (process.stdout.isTTY ? 900 : 0));

const colour = process.stdout.isTTY && !env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const [bold, dim, red, green, yellow, cyan] = ['1', '2', '31', '32', '33', '36'].map(paint);
/** What came over the wire is shown, never interpreted. */
const inert = (text) =>
  String(text ?? '').replace(/[\p{Cc}\p{Cf}]/gu, (c) => (c === '\n' ? c : `⟨U+${c.codePointAt(0).toString(16)}⟩`));

/** Something is not as the story tells it. */
class Differs extends Error {}

const SESSION = `run-${randomUUID().slice(0, 8)}`;
const DELETE = {
  action: { name: 'db.delete' },
  arguments: { statement: "DELETE FROM orders WHERE created_at < '2024-01-01'", rows: 12480 },
  resource: { type: 'table', id: 'prod.orders' },
  // A session of its own, so that the story can be played twice.
  context: { session_id: SESSION, ticket: 'OPS-311' },
};

let step = 0;

try {
  await story();
  console.log(`\n${green('✔')} ${bold('The story went as told.')}`);
} catch (error) {
  if (!(error instanceof Differs)) throw error;
  console.log(`\n${red('✘')} ${bold('This is not the story:')} ${inert(error.message)}`);
  process.exitCode = 1;
}

async function story() {
  console.log(bold('Countersign: release-bot wants to clean up, and somebody has to agree'));
  console.log(dim(`against ${HTTP}, with development identities`));
  await reachable();

  await tell('release-bot reads a table. Policy allows it; nobody is asked.');
  const read = { action: { name: 'db.read' }, resource: DELETE.resource, context: DELETE.context };
  const started = performance.now();
  const allowed = await call('POST', '/v1/decisions', AGENT, { ...read, request_id: `${SESSION}-read` });
  const took = performance.now() - started;
  expect(allowed, 200, { state: 'STATE_ALLOWED', may_act: true });
  show(
    green('ALLOWED'),
    `in ${took.toFixed(0)} ms, committed to the record before the answer · ${reasons(allowed.body)}`,
  );

  await tell('release-bot tries to delete 12,480 rows. Policy wants a person to countersign.');
  const request = {
    ...DELETE,
    request_id: `${SESSION}-delete`,
    principal: 'lee@acme.example',
    justification: 'cleaning up duplicates after the migration',
  };
  const held = await call('POST', '/v1/decisions', AGENT, request);
  expect(held, 200, { state: 'STATE_PENDING', may_act: false });
  const id = held.body.id;
  show(yellow('PENDING'), `${id} · ${reasons(held.body)}`);

  await tell('What a person sees, the same in Slack, Teams and the terminal:');
  const view = await call('GET', `/v1/approvals/${id}`, APPROVER);
  expect(view, 200, { id, can_vote: true });
  printCard(view.body);

  await tell('Sam is in the group that is asked, but owns release-bot. Sam tries to approve.');
  const vote = {
    vote: 'VOTE_APPROVE',
    reason: 'change window confirmed',
    seen_digest: view.body.decision.action_digest,
    card_digest: view.body.card.digest,
  };
  const refused = await call('POST', `/v1/approvals/${id}/votes`, OWNER, vote);
  expect(refused, 403);
  show(red('REFUSED'), refused.body.message);

  await tell('Dana, who is in the group and has no part in it, approves.');
  const approved = await call('POST', `/v1/approvals/${id}/votes`, APPROVER, vote);
  expect(approved, 200, { id });
  const after = await call('GET', `/v1/decisions/${id}?wait=5s`, AGENT);
  expect(after, 200, { state: 'STATE_ALLOWED', may_act: true });
  check(typeof after.body.grant === 'string' && after.body.grant.split('.').length === 3, 'the agent got no grant');
  show(green('APPROVED'), approved.body.card.outcome);

  await tell('release-bot presents the grant for another table. It is bound to the action that was approved.');
  const other = await call('POST', '/v1/grants:redeem', AGENT, {
    ...DELETE,
    grant: after.body.grant,
    resource: { type: 'table', id: 'prod.customers' },
  });
  check(other.status >= 400, `a grant for orders was taken for customers: ${other.status}`);
  show(red('REFUSED'), other.body.message);

  await tell('release-bot redeems the grant with exactly the approved action, and runs it.');
  const redeemed = await call('POST', '/v1/grants:redeem', AGENT, { ...DELETE, grant: after.body.grant });
  expect(redeemed, 200, { redeemed: true });
  show(green('REDEEMED'), 'run it now, once');

  await tell('Somebody replays the same grant.');
  const again = await call('POST', '/v1/grants:redeem', AGENT, { ...DELETE, grant: after.body.grant });
  expect(again, 400);
  show(red('REFUSED'), again.body.message);

  await tell('release-bot reports what happened.');
  const reported = await call('POST', `/v1/decisions/${id}:report`, AGENT, {
    success: true,
    summary: '12,480 rows deleted',
  });
  expect(reported, 200, { id, state: 'STATE_REDEEMED' });
  show(green('REPORTED'), '12,480 rows deleted');

  await tell('The record of this decision, as the ledger holds it:');
  await printRecord(id);

  await tell('The whole ledger, checked from outside against its signed checkpoint:');
  const { status, report } = await verifyLedger();
  process.stdout.write(report.trimEnd().replace(/^/gm, '   ') + '\n');
  check(status === 0, `countersign audit verify ended with ${status}`);
}

async function reachable() {
  try {
    const answer = await fetch(`${HTTP}/readyz`, { signal: AbortSignal.timeout(5000) });
    check(answer.ok, `${HTTP}/readyz answers ${answer.status}: ${await answer.text()}`);
  } catch (error) {
    if (error instanceof Differs) throw error;
    throw new Differs(`nothing answers at ${HTTP}: run "npm start" first, in another terminal`);
  }
}

/** Entries reach the ledger through the bus, shortly after they are committed. */
async function printRecord(id) {
  const expected = [
    'decision.held',
    'vote.refused',
    'vote.cast',
    'decision.approved',
    'grant.refused',
    'grant.redeemed',
    'grant.refused',
    'outcome.reported',
  ];
  let events = [];
  for (let tries = 0; tries < 100 && events.length < expected.length; tries++) {
    if (tries > 0) await sleep(100);
    const answer = await call('GET', `/v1/entries?decision_id=${id}`, AUDITOR);
    expect(answer, 200);
    events = (answer.body.entries ?? []).map((entry) => ({
      index: entry.index,
      ...JSON.parse(Buffer.from(entry.body, 'base64').toString('utf8')),
    }));
  }
  for (const event of events) {
    console.log(
      `   ${dim(`#${String(event.index ?? 0).padEnd(4)} ${event.at.slice(11, 23)}`)}  ${cyan(event.type.padEnd(18))} ${inert(lineOf(event))}`,
    );
  }
  const found = events.map(({ type }) => type).join(', ');
  check(found === expected.join(', '), `the record is ${found || 'empty'}, not ${expected.join(', ')}`);
}

/** Checkpoints are signed at intervals, so the last entries may have to wait for the next one to count as proven. */
async function verifyLedger() {
  const verify = (...more) =>
    spawnSync(process.execPath, [CLI, 'audit', 'verify', '--http', HTTP, '--token', AUDITOR, ...more], {
      encoding: 'utf8',
      env,
    });
  for (let tries = 0; tries < 20; tries++) {
    const { status, stdout } = verify('--json');
    if (status !== 0) break;
    const { size, signed } = JSON.parse(stdout);
    if (signed === size) break;
    await sleep(500);
  }
  const { status, stdout, stderr } = verify();
  check(status !== 0 || !/ 0 of them under/.test(stdout), 'no entry is under a signed checkpoint');
  return { status, report: `${stdout}${stderr}` };
}

function lineOf({ type, data }) {
  switch (type) {
    case 'decision.held':
      return `${data.request.subject.id} asks ${data.request.action.name} on ${data.request.resource.id}; asked ${data.asked.map(({ name }) => name).join(', ')}`;
    case 'vote.refused':
      return `${data.voter}: ${data.because}`;
    case 'vote.cast':
      return `${data.voter_name} ${data.vote}: ${data.reason ?? ''} (saw ${String(data.card_digest ?? data.seen_digest).slice(0, 8)}…)`;
    case 'decision.approved':
      return `by ${data.approvers.map(({ name, seat }) => `${name} for ${seat}`).join(', ')}; one grant, until ${data.grant.expires_at.slice(11, 19)}`;
    case 'grant.redeemed':
      return `by ${data.by}`;
    case 'grant.refused':
      return `${data.by}: ${data.because}`;
    case 'outcome.reported':
      return `${data.success ? 'success' : 'failure'}: ${data.summary ?? ''}`;
    default:
      return '';
  }
}

function printCard({ card }) {
  const lines = [
    bold(`${inert(card.risk)} · ${inert(card.progress)}`),
    bold(inert(card.headline)),
    '',
    inert(card.who),
    ...card.why.map((why) => `Why it was held: ${inert(why)}`),
    '',
  ];
  lines.push(
    ...inert(card.payload)
      .split('\n')
      .map((line) => cyan(`  ${line}`)),
    '',
  );
  lines.push(
    dim(`The agent says (not verified): ${inert(card.agent_says).replace(/^The agent says \(not verified\): /, '')}`),
    inert(card.effect),
  );
  for (const line of lines) console.log(`   ${yellow('│')} ${line}`);
}

async function tell(text) {
  if (step > 0) await sleep(PACE_MS);
  step += 1;
  console.log(`\n${bold(`${step}.`)} ${text}`);
}

function show(word, text) {
  console.log(`   ${word}  ${inert(text)}`);
}

function reasons({ reasons = [] }) {
  return reasons.map(({ rule, text }) => `${text} (${rule})`).join('; ');
}

async function call(method, path, token, body) {
  const answer = await fetch(HTTP + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text), what: `${method} ${path}` };
  } catch {
    throw new Differs(`${method} ${path} answered ${answer.status} and no JSON: ${text.slice(0, 200)}`);
  }
}

function expect(answer, status, members = {}) {
  check(
    answer.status === status,
    `${answer.what} answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body).slice(0, 400)}`,
  );
  for (const [name, value] of Object.entries(members)) {
    check(
      answer.body[name] === value,
      `${answer.what}: ${name} is ${JSON.stringify(answer.body[name])}, not ${JSON.stringify(value)}: ${reasons(answer.body)}`,
    );
  }
}

function check(condition, message) {
  if (!condition) throw new Differs(message);
}
