// npm run bench: measures on this machine, in one run, and prints ratios; times alone say as much about the machine. Each
// bench is a module in tools/bench that says what it measures and does it.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as policy from './bench/policy.mjs';

const BENCHES = { policy };

const USAGE = `npm run bench -- [name …] [options]

${Object.entries(BENCHES)
  .map(([name, { SUMMARY }]) => `  ${name.padEnd(10)}${SUMMARY}`)
  .join('\n')}

Without a name, all of them.

  --json     print the results as JSON, and progress on the error stream
  --quick    smaller and shorter: to see that it runs, not to quote
  --help     this`;

let given;
try {
  const options = { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } };
  given = parseArgs({ options, allowPositionals: true });
} catch (error) {
  fail(error.message);
}
if (given.values.help) {
  console.log(USAGE);
  process.exit(0);
}
const unknown = given.positionals.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) fail(`there is no bench called ${unknown.join(', ')}`);

const { json = false, quick = false } = given.values;
const progress = (line) => console.error(line);
const results = {};
for (const [name, bench] of Object.entries(BENCHES)) {
  if (given.positionals.length > 0 && !given.positionals.includes(name)) continue;
  progress(`${name}: ${bench.SUMMARY}`);
  results[name] = await bench.run({ quick, progress });
  if (!json) console.log(bench.render(results[name]));
}
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
if (json) console.log(JSON.stringify({ machine, quick, results }, null, 2));
// A handle that a bench left open must not keep this alive.
process.exit(Object.values(results).every(({ ok }) => ok) ? 0 : 1);

function fail(why) {
  console.error(`${why}\n\n${USAGE}`);
  process.exit(2);
}
