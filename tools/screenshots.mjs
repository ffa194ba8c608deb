// npm run screenshots: the pictures of the inbox in docs/screenshots, from a Countersign of its own that is gone afterwards.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';
import { build, checkNode, install, ROOT } from './prepare.mjs';
import { freePorts } from './services/ports.mjs';

const TARGET = join(ROOT, 'docs/screenshots');
const APPROVAL = { seats: [{ group: 'dba', count: 1 }], expires_in: '15m' };

checkNode();
await install();
await build();
const browserAt = await findChromium((line) => console.log(line));
const dataDir = mkdtempSync(join(tmpdir(), 'countersign-screenshots-'));
const [http, grpc] = await freePorts(2);
const url = `http://127.0.0.1:${http}`;
const service = spawn(process.execPath, [join(ROOT, 'apps/standalone/dist/main.js')], {
  cwd: ROOT,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_HTTP_PORT: String(http),
    COUNTERSIGN_GRPC_PORT: String(grpc),
    // Answers what the request says: pictures need more kinds of answers than one policy gives.
    COUNTERSIGN_POLICIES: join(ROOT, 'libs/policy/fixtures/anything.tar.gz'),
  },
});
try {
  await ready();
  await take(await play());
  await playAlike();
  await take({ alike: 'alike' });
} finally {
  const gone = new Promise((resolve) => service.on('exit', resolve));
  service.kill('SIGTERM');
  await gone;
  rmSync(dataDir, { recursive: true, force: true });
}

/** Asks for what the pictures show, and says which request is in which. */
async function play() {
  const allow = {
    effect: 'allow',
    reasons: [{ rule: 'reads', text: 'reading is free' }],
    risk: { level: 'low', factors: [] },
  };
  const hold = (rule, text, more = {}) => ({
    effect: 'require_approval',
    reasons: [{ rule, text }],
    risk: { level: 'high', factors: [rule, 'outside-change-window'] },
    flow: ['irreversible'],
    approval: APPROVAL,
    ...more,
  });
  const table = (id) => ({ type: 'table', id, properties: { environment: 'production' } });
  const remove = (rows, session, answer) => ({
    principal: 'lee@acme.example',
    action: { name: 'db.delete' },
    arguments: { sql: "DELETE FROM orders WHERE created_at < '2024-01-01'", rows },
    resource: table('orders'),
    context: {
      session_id: session,
      ticket: 'PR 4411',
      activity: ['read the runbook', 'opened ticket OPS-311'],
      answer,
    },
    justification: 'cleaning up duplicates after migration',
  });
  const bulk = (more) => hold('bulk-delete', 'deletes more than 100 rows', more);
  for (const rows of [240, 900]) {
    const { id } = await decide(remove(rows, 'run-76', bulk()));
    await vote('cs_dev_dana', id, { vote: 'VOTE_APPROVE', reason: 'change window confirmed' });
  }
  await decide({
    action: { name: 'db.read' },
    arguments: { rows: 12480 },
    resource: table('orders'),
    context: { session_id: 'run-77', answer: allow },
  });
  const pending = await decide(
    remove(
      12480,
      'run-77',
      bulk({
        approval: {
          ...APPROVAL,
          seats: [
            { group: 'dba', count: 1 },
            { group: 'finance', count: 1 },
          ],
        },
      }),
    ),
  );
  const plan = Array.from({ length: 80 }, (_, i) => `  + aws_instance.worker[${i}]  t3.large  eu-central-1`);
  const truncated = await decide({
    action: { name: 'infra.apply' },
    arguments: {
      plan: `Plan: 80 to add, 0 to change, 1 to destroy\n${plan.join('\n')}\n  - aws_db_instance.orders  DESTROYED`,
    },
    resource: { type: 'stack', id: 'orders', properties: { environment: 'production' } },
    context: {
      session_id: 'run-78',
      answer: hold('applies-plan', 'applies a plan that destroys', { risk: { level: 'critical', factors: [] } }),
    },
    justification: 'scale out for the sale',
  });
  const refund = await decide({
    action: { name: 'payments.refund' },
    arguments: { amount: '40000.00', currency: 'EUR', order: 'A-20117' },
    resource: { type: 'order', id: 'A-20117' },
    context: {
      session_id: 'run-79',
      answer: hold('large-refund', 'refunds more than 1,000 EUR', { risk: { level: 'medium', factors: [] }, flow: [] }),
    },
    justification: 'the customer returned the whole delivery',
  });
  await vote('cs_dev_ana', refund.id, { vote: 'VOTE_APPROVE', reason: 'return confirmed by the warehouse' });
  const expired = await decide({
    action: { name: 'data.export' },
    arguments: { rows: 1250000, destination: 's3://partner-drop/customers.csv' },
    resource: table('customers'),
    context: {
      session_id: 'run-80',
      answer: hold('bulk-export', 'exports more than 1,000 rows', {
        flow: ['way_out', 'sensitive_read'],
        approval: { ...APPROVAL, expires_in: '2s' },
      }),
    },
    justification: 'monthly partner report',
  });
  while ((await ask('cs_dev_release-bot', `/v1/decisions/${expired.id}`)).state === 'STATE_PENDING') await sleep(500);
  return { pending: pending.id, truncated: truncated.id, decided: refund.id, expired: expired.id };
}

/** Five requests of one agent that differ in two members. */
async function playAlike() {
  const amounts = ['180.00', '40.00', '1250.00', '95.50', '310.00'];
  for (const [i, amount] of amounts.entries()) {
    const refund = {
      action: { name: 'payments.refund' },
      arguments: { amount, currency: 'EUR', reason: 'damaged in transit' },
      resource: { type: 'order', id: `A-2013${i}` },
      context: {
        session_id: 'run-81',
        answer: {
          effect: 'require_approval',
          reasons: [{ rule: 'refunds-add-up', text: 'refunds of this session come to more than 1,000 EUR' }],
          risk: { level: 'medium', factors: [] },
          approval: { ...APPROVAL, redact: ['/context/answer'] },
        },
      },
      justification: 'the parcel was crushed',
    };
    await ask('cs_dev_support-bot', '/v1/decisions', refund);
  }
}

/** A picture of each page in light and dark: those of requests by their ids, and those that have a name of their own. */
async function take(ids) {
  mkdirSync(TARGET, { recursive: true });
  const { path, env } = browserAt;
  const browser = await chromium.launch({
    executablePath: path,
    args: ['--no-sandbox', '--disable-gpu'],
    env: { ...process.env, ...env },
  });
  try {
    for (const colorScheme of ['light', 'dark']) {
      const look = { colorScheme, baseURL: url, locale: 'en-GB', timezoneId: 'Europe/Berlin' };
      const context = await browser.newContext({ ...look, viewport: { width: 1240, height: 900 } });
      const page = await context.newPage();
      await page.goto('/inbox');
      await page.getByLabel('API token').fill('cs_dev_dana');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('● live').waitFor();
      for (const [name, id] of Object.entries(ids)) {
        await page.goto(`/inbox/${id}`);
        await page.locator(name === 'alike' ? '.alike table' : `article[data-id="${id}"]`).waitFor();
        await page.getByText('● live').waitFor();
        if (['decided', 'expired'].includes(name)) {
          await page.getByRole('button', { name: 'History' }).click();
          await page.locator(`.list a[data-id="${id}"]`).waitFor();
        }
        const file = join(TARGET, `${name}-${colorScheme}.png`);
        await page.screenshot({ path: file });
        console.log(file);
      }
      await context.close();
    }
  } finally {
    await browser.close();
  }
}

function decide(body) {
  return ask('cs_dev_release-bot', '/v1/decisions', body);
}

function vote(token, id, body) {
  return ask(token, `/v1/approvals/${id}/votes`, body);
}

async function ask(token, path, body) {
  const response = await fetch(url + path, {
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-countersign-surface': 'terminal',
    },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${answer.message}`);
  return answer;
}

async function ready() {
  for (const end = Date.now() + 120_000; ; await sleep(300)) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > end || service.exitCode !== null) throw new Error('the service did not start');
  }
}
