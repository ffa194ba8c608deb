// Compiles, tests and checks the policies of this repository:
//
//   node tools/policies.mjs build [folder]   compiles a folder to its bundle.tgz (policies)
//   node tools/policies.mjs test [folder]    runs the Rego tests and the decision cases, as "countersign policy test" does
//   node tools/policies.mjs check [folder]   formatting, strict compilation, and whether bundle.tgz is up to date
//   node tools/policies.mjs mutate [pack…]   breaks each rule in turn, and says what no test notices: --help says more
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutateCommand } from './policies/mutate-command.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHIPPED = join(ROOT, 'policies');
const CACHE = resolve(process.env.COUNTERSIGN_DATA_DIR ?? '.countersign', 'cache');
const COMMANDS = { build, test, check };

const [command = 'check', ...args] = process.argv.slice(2);
let policy, opa;
if (command === 'mutate') await mutate();
else {
  if (!Object.hasOwn(COMMANDS, command)) fail(`"${command}" is not a command: use build, test, check or mutate`);
  await prepare();
  await COMMANDS[command](resolve(args[0] ?? SHIPPED));
}

/** Finds what compiles policies and what evaluates them. */
async function prepare() {
  policy = await import('../libs/policy/dist/index.js').catch(() => {
    fail('libs/policy is not built: run npx tsc --build libs/policy');
  });
  opa = await policy.findOpa({ opaBin: process.env.OPA_BIN, cacheDir: CACHE, log: (line) => console.error(line) });
  if (opa === undefined) fail('opa was not found: set OPA_BIN, put opa on PATH, or install Go');
}

async function mutate() {
  const found = async () => {
    await prepare();
    const [authoring, { readVerdict }] = await Promise.all(
      ['authoring', 'verdict-schema'].map((part) => import(`../libs/policy/dist/${part}.js`)),
    );
    return { opa, reading: { ...authoring, readVerdict } };
  };
  try {
    process.exitCode = await mutateCommand(args, { shipped: SHIPPED, cacheDir: CACHE, found });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 2;
  }
}

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
