#!/usr/bin/env node
// Runs the command line of this checkout: builds it first when it is missing or older than its sources.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'apps/cli/dist/main.js');
/** The command line and what it is built from. */
const PARTS = [
  'apps/cli',
  ...['approval', 'contract', 'grant', 'keys', 'ledger', 'policy'].map((lib) => `libs/${lib}`),
];

if (PARTS.some(isStale)) build();
await import(pathToFileURL(main).href);

/** tsc rewrites its build info on every build, so its time is the time of the last one. */
function isStale(part) {
  const info = join(root, part, 'dist/.tsbuildinfo');
  if (!existsSync(info) || !existsSync(main)) return true;
  return newest(join(root, part, 'src')) > statSync(info).mtimeMs;
}

function newest(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.endsWith('.test.ts'))
    .reduce((latest, entry) => {
      const path = join(folder, entry.name);
      return Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
    }, 0);
}

/** Messages go to stderr: stdout may be a pipe that expects JSON. */
function build() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(tsc)) {
    console.error('countersign: dependencies are missing: run "npm ci" in', root);
    process.exit(1);
  }
  console.error('countersign: building the command line, once …');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--build', 'apps/cli'], { cwd: root, encoding: 'utf8' });
  // A checkout whose other parts do not compile right now still has a command line, if it ever had one.
  if (status === 0) return;
  console.error(stdout);
  if (!existsSync(main)) process.exit(1);
  console.error('countersign: the build failed; running the one from before');
}
