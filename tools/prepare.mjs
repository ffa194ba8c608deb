// What a fresh clone needs before anything can run: the right Node, the packages, the build. Each step is skipped when
// nothing changed, and says something at least every few seconds while it works.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TICK_MS = 4000;
const PARENT_CHECK_MS = 1000;

/** A step that did not succeed and has already said why. */
export class StepFailed extends Error {}

export function checkNode() {
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node;
  const least = wanted
    .replace(/[^\d.]/g, '')
    .split('.')
    .map(Number);
  const have = process.versions.node.split('.').map(Number);
  const difference = least.map((part, index) => have[index] - part).find((part) => part !== 0);
  if (difference === undefined || difference > 0) return;
  console.error(`countersign needs Node ${wanted} and this is Node ${process.versions.node}: install a newer one`);
  throw new StepFailed();
}

/** Installs exactly what package-lock.json names, when that is not what is installed. */
export async function install() {
  if (isInstalled()) return;
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  await step('install packages', [...npm, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** npm writes its own record last, so an install that was cut off has none. Other platforms' packages are never there. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const have = packagesOf('node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([path, { version, link, optional, devOptional }]) =>
      !path.startsWith('node_modules/') || optional || devOptional || link || have[path]?.version === version,
  );
}

function packagesOf(lockFile) {
  const path = join(ROOT, lockFile);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/**
 * Compiles everything in one compiler process, which here takes half the time of one process a project. Skipped when
 * no source has another size or time than at the last build that succeeded.
 */
export async function build() {
  const stamp = join(ROOT, 'node_modules/.countersign-build');
  const before = sourcesDigest();
  // Whoever removes the output of a part wants it built again.
  const complete = projects().every((folder) => existsSync(join(folder, 'dist/.tsbuildinfo')));
  if (complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === before) return;
  await step('build', [process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '--build', ...prettyFlag()]);
  writeFileSync(stamp, before);
}

const prettyFlag = () => (process.stdout.isTTY ? ['--pretty'] : []);

function sourcesDigest() {
  const hash = createHash('sha256');
  const add = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    hash.update(`${relative(ROOT, path)} ${stat?.size} ${stat?.mtimeMs}\n`);
  };
  for (const name of ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json']) add(join(ROOT, name));
  for (const folder of projects()) {
    add(join(folder, 'package.json'));
    add(join(folder, 'tsconfig.json'));
    for (const file of readdirSync(join(folder, 'src'), { recursive: true }).sort()) {
      if (file.endsWith('.ts') && !file.endsWith('.test.ts')) add(join(folder, 'src', file));
    }
  }
  return hash.digest('hex');
}

/**
 * Calls back when the npm that runs `script` is gone. Killing npm with -9 means to stop this too, and no signal says so: it
 * is noticed by the parents having changed. Between npm and this process there may be a shell that lives on.
 */
export function whenNpmEnds(script, callback) {
  if (process.env.npm_lifecycle_event !== script) return;
  const before = ancestors();
  const check = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(check);
    callback();
  }, PARENT_CHECK_MS);
  check.unref();
}

function ancestors() {
  const parent = process.ppid;
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    return `${parent} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(parent);
  }
}

function projects() {
  const within = (group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name));
  return ['apps', 'libs'].flatMap(within).filter((folder) => existsSync(join(folder, 'tsconfig.json')));
}

/** Does something that may take long in silence, with a sign of life. */
export async function ticking(name, action) {
  const started = Date.now();
  const timer = setInterval(() => console.log(`${name} … ${secondsSince(started)}`), TICK_MS);
  try {
    return await action();
  } finally {
    clearInterval(timer);
  }
}

const secondsSince = (started) => `${((Date.now() - started) / 1000).toFixed(1)} s`;

/** Runs a command with its output shown. Throws StepFailed if it does not succeed. */
export async function step(name, [command, ...args]) {
  const started = Date.now();
  console.log(`${name} …`);
  const code = await ticking(name, () => exitCode(command, args));
  if (code !== 0) {
    console.error(`${name}: did not succeed (${typeof code === 'string' ? code : `exit code ${code}`})`);
    throw new StepFailed(name);
  }
  console.log(`${name}: done in ${secondsSince(started)}`);
}

function exitCode(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32' && command === 'npm',
    });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (exit, signal) => resolve(signal ?? exit));
  });
}
