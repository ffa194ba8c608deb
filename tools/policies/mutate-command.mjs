import { parseArgs } from 'node:util';
import { changedSince } from './changed.mjs';
import { readEquivalents } from './equivalent.mjs';
import { mutate } from './mutate.mjs';

const HELP = `Breaks each rule of the policies in turn, and says which damage no test of its pack notices.

  npm run policies mutate -- [pack…] [options]      such as iam, lib, lib/sql; all of them when none is named

Each rule and each else branch is removed, and each condition is inverted. A mutant is killed when a Rego test or a
decision case of the pack fails; for the library, also one of a pack that uses it. What was found out is kept, and asked
again when the policies, the tests or opa have changed.

  --deep              also leave out each condition, move each limit by one, and ask for other seats
  --since <revision>  only rules that differ from a git revision
  --policies <folder> other policies than those that ship
  --json              one JSON document, on stdout

Exit status: 0 when every mutant is killed, 1 when one survives, 2 when it could not be found out.
A survivor that cannot be told from the policy goes into tools/policies/equivalent.yaml, with the reason.`;

const OPTIONS = {
  deep: { type: 'boolean' },
  since: { type: 'string' },
  policies: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/** `npm run policies mutate`: returns the exit status. `found` finds opa and what reads cases, once they are needed. */
export async function mutateCommand(args, { shipped, cacheDir, found }) {
  const { values, positionals: areas } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  // What is made for the tests goes when the process ends in an orderly way.
  process.once('SIGINT', () => process.exit(130));
  const folder = values.policies ?? shipped;
  const changed = values.since === undefined ? undefined : changedSince(values.since, folder);
  const equivalents = folder === shipped ? await readEquivalents() : undefined;
  const reports = [];
  const run = mutate({
    ...(await found()),
    folder,
    shipped,
    cacheDir,
    areas,
    deep: values.deep,
    changed,
    equivalents,
    progress,
  });
  for await (const report of run) {
    reports.push(report);
    if (!values.json) print(report);
  }
  if (values.json) console.log(JSON.stringify({ packs: reports }, undefined, 2));
  else if (reports.length > 1) console.log(`all: ${counts(total(reports))}`);
  if (reports.some(({ broken }) => broken !== undefined)) return 2;
  return reports.some(({ survived, stale }) => survived.length + stale.length > 0) ? 1 : 0;
}

function progress(name, done, of, survived) {
  const line = `${name}  ${done}/${of}${survived > 0 ? `  ${survived} survived` : ''}`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done === of ? '' : line}`);
  else if (done % 50 === 0 && done < of) process.stderr.write(`${line}\n`);
}

function print(report) {
  const { name, broken, survived, stale, seconds, cached } = report;
  if (broken !== undefined) return console.log(`${name}: ${broken}`);
  for (const { file, line, rule, what } of survived) console.log(`survived  ${file}:${line}  ${rule}  ${what}`);
  for (const id of stale) console.log(`declared equivalent, but killed or not there: ${id}`);
  console.log(`${name}: ${counts(report)} (${seconds} s, ${cached} known from before)`);
}

function counts({ mutants, killed, survived, equivalent, invalid }) {
  const parts = [`${mutants} mutants`, `${killed} killed`, `${survived.length} survived`];
  if (equivalent.length > 0) parts.push(`${equivalent.length} the same in effect`);
  if (invalid.length > 0) parts.push(`${invalid.length} do not compile`);
  return parts.join(', ');
}

function total(reports) {
  const all = (member) => reports.flatMap((report) => report[member] ?? []);
  const sum = (member) => all(member).reduce((one, other) => one + other, 0);
  return {
    ...Object.fromEntries(['mutants', 'killed'].map((member) => [member, sum(member)])),
    ...Object.fromEntries(['survived', 'equivalent', 'invalid'].map((member) => [member, all(member)])),
  };
}
