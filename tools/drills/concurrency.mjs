// node tools/drills/concurrency.mjs: 64 voters and redeemers at once on one decision, over four processes of intake and one
// PostgreSQL, round after round. Ends with 1 as soon as a round had anything but exactly one outcome.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '@countersign/store';
import { runDrill } from './drill.mjs';

const USAGE = `node tools/drills/concurrency.mjs [options]

  --rounds <n>      decisions that a crowd falls upon (1000)
  --processes <n>   processes of intake (4)
  --verbose         what the processes print
  --help            this

Needs a build (npm run build). Runs a PostgreSQL of its own. Progress goes to the error stream, the result as JSON to the
standard output.`;

let given;
try {
  const text = { type: 'string' };
  const options = { rounds: text, processes: text, verbose: { type: 'boolean' }, help: { type: 'boolean' } };
  given = parseArgs({ options }).values;
} catch (error) {
  fail(error.message);
}
if (given.help) {
  console.log(USAGE);
  process.exit(0);
}
const { rounds = '1000', processes = '4', verbose = false } = given;
for (const [name, value] of Object.entries({ rounds, processes }))
  if (!/^[1-9]\d{0,5}$/.test(value)) fail(`--${name} is not a whole number from 1`);

const dataDir = await mkdtemp(join(tmpdir(), 'countersign-drill-'));
const postgres = await startPostgres({ dataDir });
const started = Date.now();
let said = 0;
let told = 0;
try {
  const result = await runDrill({
    rounds: Number(rounds),
    processes: Number(processes),
    databaseUrl: postgres.url,
    dataDir,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    progress: ({ rounds: done, problems, calls }) => {
      for (const problem of problems.slice(told)) console.error(problem);
      told = problems.length;
      if (Date.now() - said < 5_000 && done < Number(rounds)) return;
      said = Date.now();
      const seconds = Math.round((said - started) / 1000);
      console.error(`${done} of ${rounds} rounds, ${calls} calls, ${problems.length} problems, ${seconds} s`);
    },
    log: (line) => verbose && console.error(line),
  });
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = result.ok ? 0 : 1;
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}

function fail(why) {
  console.error(`${why}\n\n${USAGE}`);
  process.exit(2);
}
