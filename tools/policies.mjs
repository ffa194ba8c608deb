// Compiles, tests and checks the policies of this repository:
//
//   node tools/policies.mjs build [folder]   compiles a folder to its bundle.tgz (policies)
//   node tools/policies.mjs test [folder]    runs the Rego tests and the decision cases, as "countersign policy test" does
//   node tools/policies.mjs check [folder]   formatting, strict compilation, and whether bundle.tgz is up to date
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMANDS = { build, test, check };

const [command = 'check', folder = join(ROOT, 'policies')] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, command)) fail(`"${command}" is not a command: use build, test or check`);
const policy = await import('../libs/policy/dist/index.js').catch(() => {
  fail('libs/policy is not built: run npx tsc --build libs/policy');
});
const opa = await policy.findOpa({
  opaBin: process.env.OPA_BIN,
  cacheDir: resolve(process.env.COUNTERSIGN_DATA_DIR ?? '.countersign', 'cache'),
  log: (line) => console.error(line),
});
if (opa === undefined) fail('opa was not found: set OPA_BIN, put opa on PATH, or install Go');
await COMMANDS[command](resolve(folder));

async function build(path) {
  const { archive, bundle } = await policy.compileFolder(path, opa);
  await writeFile(join(path, policy.BUNDLE_FILE), archive);
  console.log(`${join(path, policy.BUNDLE_FILE)}  ${archive.length} bytes  ${bundle.revision}`);
}

function test(path) {
  const countersign = join(ROOT, 'tools/countersign.mjs');
  const { status } = spawnSync(process.execPath, [countersign, 'policy', 'test', '--policies', path], {
    stdio: 'inherit',
    env: { ...process.env, OPA_BIN: opa },
  });
  process.exitCode = status ?? 1;
}

async function check(path) {
  run(['fmt', '--list', '--fail', path]);
  run(['check', '--strict', path]);
  const archive = await readFile(join(path, policy.BUNDLE_FILE)).catch(() =>
    fail(`there is no ${policy.BUNDLE_FILE}: build it`),
  );
  const carried = policy.parseBundle(archive, 'folder', path);
  const sources = await policy.readSources(path);
  if (carried.sourceDigest !== sources.digest) fail(`${policy.BUNDLE_FILE} was compiled from other sources: build it`);
  console.log(`ok  ${carried.revision}`);
}

function run(args) {
  try {
    execFileSync(opa, args, { stdio: 'inherit' });
  } catch {
    fail(`opa ${args[0]} found something to change`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
