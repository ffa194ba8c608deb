// What a replay of recorded requests costs: its time and its peak memory, for the command as a user runs it.
//
//   node tools/bench/replay.mjs [requests]     100,000 unless said; the ledger it replays is generated and removed again
//
// The requests are a mix over the shipped areas. Each is answered by the shipped policies and written as `audit export`
// writes it, then replayed under the same policies, and under none of their approvals, where everything held is looser.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const POLICIES = join(ROOT, 'policies');
const total = Number(process.argv[2] ?? 100_000);
if (!Number.isInteger(total) || total < 1) throw new TypeError('say how many requests: a whole number');

/** Actions of the shipped areas: some allowed, some held, some denied. */
const table = (i) => ({ type: 'table', id: `${i % 3 === 0 ? 'staging' : 'prod'}.orders_${i % 200}` });
const MIX = [
  (i) => ['db.read', undefined, table(i)],
  (i) => ['db.delete', { rows: (i * 37) % 400 }, table(i)],
  (i) => ['db.update', { rows: (i * 91) % 300, where: `id < ${i}` }, table(i)],
  (i) => ['payments.refund', { amount: (i * 13) % 900, currency: 'EUR' }, { type: 'order', id: `order-${i}` }],
  (i) => ['infra.apply', { plan: `plan-${i}` }, { type: 'stack', id: `prod/stack-${i % 40}` }],
  (i) => ['messaging.send', { to: [`user-${i % 90}@acme.example`] }, { type: 'channel', id: `team-${i % 20}` }],
  (i) => ['iam.grant', { role: i % 5 ? 'viewer' : 'admin', member: `u${i}` }, { type: 'project', id: `p-${i % 9}` }],
  (i) => ['data.export', { rows: i % 2000, destination: 'warehouse' }, { type: 'dataset', id: `set-${i % 30}` }],
];

const folder = await mkdtemp(join(tmpdir(), 'countersign-replay-'));
try {
  const cacheDir = join(ROOT, '.countersign/cache');
  const policy = await import('../../libs/policy/dist/index.js');
  const { recordedInput } = await import('../../libs/policy/dist/authoring.js');
  const { canonicalize } = await import('../../libs/ledger/dist/index.js');
  const bundle = await policy.loadBundle({ source: POLICIES, cacheDir, log: console.error });
  const engine = new policy.PolicyEngine(bundle);
  const rows = [];
  for (const count of [...new Set([Math.ceil(total / 10), total])]) {
    const file = join(folder, `${count}.jsonl`);
    await generate(file, count, { engine, recordedInput, canonicalize });
    const megabytes = (await stat(file)).size / 1e6;
    rows.push({ policy: 'the same', count, megabytes, ...(await replay(file, POLICIES)) });
  }
  const without = join(folder, 'without-approvals');
  await withoutApprovals(without);
  const file = join(folder, `${total}.jsonl`);
  const megabytes = (await stat(file)).size / 1e6;
  rows.push({ policy: 'no approvals', count: total, megabytes, ...(await replay(file, without)) });
  print(rows);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function print(rows) {
  console.log('policy         requests   ledger MB   seconds     CPU s   requests/s   peak MB   loosened');
  for (const { policy: name, count, megabytes, seconds, cpuSeconds, peakMegabytes, loosened } of rows) {
    const cells = [
      String(count).padStart(10),
      megabytes.toFixed(0).padStart(12),
      seconds.toFixed(2).padStart(10),
      cpuSeconds.toFixed(2).padStart(10),
      String(Math.round(count / seconds)).padStart(13),
      peakMegabytes.toFixed(0).padStart(10),
      String(loosened).padStart(11),
    ];
    console.log(`${name.padEnd(13)}${cells.join('')}`);
  }
}

/** The command line, from its start to its end, as it is measured from outside. */
async function replay(file, candidate) {
  const atExit = `import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,JSON.stringify(process.resourceUsage())))`;
  const command = [join(ROOT, 'tools/countersign.mjs'), 'policy', 'replay', '--from', file, '--policy', candidate];
  const args = ['--import', `data:text/javascript,${encodeURIComponent(atExit)}`, ...command, '--json'];
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  let [last, used] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (last = `${last}${text}`.slice(-100_000)));
  child.stdio[3].setEncoding('utf8').on('data', (text) => (used += text));
  await once(child, 'close');
  const seconds = (performance.now() - started) / 1000;
  const { loosened } = JSON.parse(last.trimEnd().split('\n').at(-1));
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(used);
  return { seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMegabytes: maxRSS / 1024, loosened };
}

/** The shipped policies with every approval turned into an allowance. */
async function withoutApprovals(to) {
  await cp(POLICIES, to, { recursive: true });
  for (const entry of await readdir(to, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.name.endsWith('.tgz')) await rm(path);
    if (!entry.name.endsWith('.rego') || path.startsWith(join(to, 'countersign'))) continue;
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll(/^require_approval contains /gm, 'allow contains '));
  }
}

async function generate(file, count, tools) {
  const out = createWriteStream(file);
  for (let i = 0; i < count; i++) {
    if (!out.write(`${entryLine(i, tools)}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

function entryLine(i, { engine, recordedInput, canonicalize }) {
  const at = new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString();
  const [name, properties, resource] = MIX[i % MIX.length](i);
  const id = `dec_${String(i).padStart(26, '0')}`;
  const data = {
    request: {
      subject: { type: 'agent', id: `agent-${i % 50}` },
      action: { name, ...(properties ? { properties } : {}) },
      resource,
      context: { session_id: `run-${i % 1000}`, ticket: `OPS-${i % 5000}` },
      justification: 'part of the nightly clean-up of what nobody has used for ninety days',
    },
    agent: { owner: 'sam@acme.example', owner_name: 'Sam Ortiz', groups: ['ci', 'release'] },
    action_digest: 'GBP043wXGqT8AluBJC9BgIH4MAL-36tt7alnXcFTBT8',
  };
  const verdict = engine.evaluate(recordedInput({ decision_id: id, at, data }));
  const event = { v: 1, id: `evt_${i}`, at, decision_id: id, version: 1, source: 'intake-1', seq: i + 1, prev: '' };
  const body = canonicalize({ ...event, ...answer(verdict, data, at) });
  return JSON.stringify({
    index: String(i),
    event_id: event.id,
    type: answer(verdict, data, at).type,
    decision_id: id,
    source: event.source,
    source_seq: String(i + 1),
    body: Buffer.from(body).toString('base64'),
    leaf_hash: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=',
  });
}

/** As intake records an answer. */
function answer({ effect, reasons, risk, policy: ref, approval, obligations, grant, counts, flow }, data, at) {
  const said = { ...data, reasons, risk, policy: ref, ...(counts && { counts }), ...(flow && { flow }) };
  if (effect === 'deny') return { type: 'decision.denied', data: said };
  if (effect === 'allow') {
    const expires_at = grant && new Date(Date.parse(at) + grant.expires_in_s * 1000).toISOString();
    const issued = grant && { grant: { id: 'grt_1', expires_at, uses: grant.uses } };
    return { type: 'decision.allowed', data: { ...said, obligations, ...issued } };
  }
  const asked = [{ id: 'dana@acme.example', name: 'Dana Ito', groups: ['dba'] }];
  const more = { approval, obligations, grant, expires_at: at, excluded: [], asked, destinations: [] };
  return { type: 'decision.held', data: { ...said, ...more } };
}
