// What one evaluation costs, by the number of policy packages and the size of the input. It must not grow with the packages:
// an action is routed to the package of its area, and the others are not looked at.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../prepare.mjs';

export const SUMMARY = 'the cost of one evaluation at 10, 100 and 1,000 packages, and 1 and 10 KB of input';

const SIZES = { packages: [10, 100, 1000], bytes: [1024, 10 * 1024] };
const QUICK = { packages: [10, 50], bytes: [1024, 10 * 1024] };
/** Times each is measured, in turn with the others so that a busy moment hits them all, and evaluations each time. */
const ROUNDS = 60;
const EVALUATIONS = 200;
/** How much more a hundred times the packages may cost: what memory and caches come to, with some noise. */
const FLAT = 1.5;

export async function run({ quick, progress }) {
  const { compileFolder, findOpa, PolicyEngine } = await import('../../libs/policy/dist/index.js').catch(() => {
    throw new Error('libs/policy is not built: run npm run build');
  });
  const cacheDir = join(ROOT, '.countersign', 'cache');
  const opa = await findOpa({ opaBin: process.env.OPA_BIN, cacheDir, log: progress });
  if (opa === undefined) throw new Error('opa was not found: set OPA_BIN, put opa on PATH, or install Go');
  const { packages, bytes } = quick ? QUICK : SIZES;
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const cells = [];
  try {
    for (const count of packages) {
      const started = performance.now();
      const engine = new PolicyEngine(await compiled(join(folder, String(count)), count, compileFolder, opa));
      progress(`  ${count} packages compiled and loaded in ${((performance.now() - started) / 1000).toFixed(1)} s`);
      for (const size of bytes)
        cells.push({ packages: count, bytes: size, engine, inputs: inputs(count, size), best: Infinity });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  measure(cells, quick ? 10 : ROUNDS, progress);
  const rows = cells.map(({ packages, bytes, best }) => ({ packages, bytes, micros: best, times: 1 }));
  for (const row of rows) row.times = row.micros / rows.find(({ bytes }) => bytes === row.bytes).micros;
  const parse = rows.map(({ bytes }) => bytes).filter((size, i, all) => all.indexOf(size) === i);
  const yardstick = parse.map((size) => ({ bytes: size, micros: parseMicros(inputs(packages[0], size)[0]) }));
  return { rows, yardstick, flat_within: FLAT, ok: rows.every(({ times }) => times <= FLAT) };
}

export function render({ rows, yardstick, ok }) {
  const table = rows.map(({ packages, bytes, micros, times }) => {
    const parse = yardstick.find((one) => one.bytes === bytes).micros;
    const cells = [
      packages,
      `${bytes / 1024} KB`,
      `${micros.toFixed(1)} µs`,
      `${times.toFixed(2)}×`,
      `${(micros / parse).toFixed(1)}×`,
    ];
    return cells.map((cell) => String(cell).padStart(12)).join('');
  });
  const head = ['packages', 'input', 'evaluation', 'to fewest', 'to parsing'].map((cell) => cell.padStart(12)).join('');
  const verdict = ok ? 'flat in packages' : `NOT flat in packages: more than ${FLAT}× the fewest`;
  return `${head}\n${table.join('\n')}\n"to parsing": JSON.parse of the same input, in this run. ${verdict}`;
}

async function compiled(folder, count, compileFolder, opa) {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) await writeFile(join(folder, `area${i}.rego`), packageOf(`area${i}`));
  return (await compileFolder(folder, opa)).bundle;
}

function packageOf(area) {
  return `package policies.${area}

deny contains {"rule": "too-much", "reason": $"{input.action.properties.rows} rows are too many"} if {
	input.action.name == "${area}.delete"
	input.action.properties.rows > 100000
}

require_approval contains {
	"rule": "bulk-delete",
	"reason": $"deletes {input.action.properties.rows} rows in {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "15m",
} if {
	input.action.name == "${area}.delete"
	input.action.properties.rows > 100
	startswith(input.resource.id, "prod.")
}

allow contains {"rule": "read", "reason": "may read"} if input.action.name == "${area}.read"
`;
}

/** Requests to packages all over, in exactly so many bytes. */
function inputs(packages, bytes) {
  return Array.from({ length: 50 }, (_, i) => {
    const area = `area${Math.floor((i * packages) / 50)}`;
    const action = i % 2 === 0 ? `${area}.delete` : `${area}.read`;
    const input = {
      action: { name: action, properties: { note: '', rows: 12480 } },
      agent: { groups: ['ci'], id: 'release-bot', owner: 'sam@acme.example' },
      context: {},
      history: {},
      resource: { id: 'prod.orders', type: 'table' },
      subject: { id: 'release-bot', type: 'agent' },
      time: { rfc3339: '2026-01-15T10:00:00Z', unix: 1768471200 },
    };
    input.context.activity = Array.from(
      { length: Math.floor((bytes - 400) / 64) },
      (_, n) => `step ${n}: read a table of the shop`,
    );
    const short = bytes - Buffer.byteLength(JSON.stringify(input));
    input.action.properties.note = 'x'.repeat(Math.max(short, 0));
    return JSON.stringify(input);
  });
}

function measure(cells, rounds, progress) {
  let reported = performance.now();
  for (let round = 0; round < rounds; round++) {
    for (const cell of cells) {
      const { engine, inputs: texts } = cell;
      const started = performance.now();
      for (let i = 0; i < EVALUATIONS; i++) engine.evaluate(texts[i % texts.length]);
      cell.best = Math.min(cell.best, ((performance.now() - started) / EVALUATIONS) * 1000);
    }
    if (performance.now() - reported < 2000) continue;
    reported = performance.now();
    progress(`  round ${round + 1} of ${rounds}`);
  }
}

function parseMicros(text) {
  let best = Infinity;
  for (let round = 0; round < 50; round++) {
    const started = performance.now();
    for (let i = 0; i < EVALUATIONS; i++) JSON.parse(text);
    best = Math.min(best, ((performance.now() - started) / EVALUATIONS) * 1000);
  }
  return best;
}
