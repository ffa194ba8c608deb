// scim2-tester, an independent judge of SCIM servers, in a Python environment of its own, once per machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '0.5.2';
const PACKAGES = [`scim2-tester==${VERSION}`, 'scim2-client[httpx2]==0.13.2', 'scim2-models==0.12.3'];

/** It cannot be had on this machine, for a reason that a person can act on. */
export class TesterUnavailable extends Error {}

/** The Python that has it; installs it first when it is not cached. Throws TesterUnavailable. */
export function scimTester() {
  const cache = process.env.COUNTERSIGN_DATA_DIR ?? join(homedir(), '.cache', 'countersign');
  const target = join(cache, `scim2-tester-${VERSION}`);
  const python = (folder) => join(folder, 'bin', 'python');
  if (existsSync(python(target))) return python(target);
  mkdirSync(cache, { recursive: true });
  // Two first runs at once each fill a folder of their own; the rename makes a whole one visible, or finds it there.
  const partial = join(cache, `.scim2-tester-${VERSION}.${process.pid}`);
  try {
    run('python3', ['-m', 'venv', partial]);
    run(python(partial), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
    if (!existsSync(target)) renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return python(target);
}

function run(program, args) {
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw new TesterUnavailable(`there is no ${program} on PATH`);
  if (status !== 0) throw new TesterUnavailable(`${program} ${args[1]}: ${stderr.trim().split('\n').at(-1)}`);
}
