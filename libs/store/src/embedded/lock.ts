import { Fault } from '@countersign/contract';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bornAt } from './process.js';

/**
 * One supervisor per data directory. Returns the release; throws Fault `database-in-use` while another lives. A holder
 * that was killed leaves its lock behind, so the lock names a process and its birth and not a pid alone.
 */
export function lockDataDir(dataDir: string): () => void {
  const lock = join(dataDir, 'supervisor.lock');
  const mine = `${lock}.${process.pid}`;
  const text = JSON.stringify({ pid: process.pid, born: bornAt(process.pid) });
  // Written aside and linked into place: nobody ever reads half a lock.
  writeFileSync(mine, text, { mode: 0o600 });
  try {
    while (!link(mine, lock)) {
      const held = read(lock);
      if (held === undefined) continue;
      const pid = livingHolder(held);
      if (pid !== undefined) {
        throw new Fault(
          'database-in-use',
          `the database in ${dataDir} is in use by process ${pid}: stop it first, or set COUNTERSIGN_DATA_DIR to another folder`,
        );
      }
      removeStale(lock, held, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (read(lock) === text) rmSync(lock, { force: true });
  };
}

/** Two supervisors may find the same stale lock. The one that moves away a lock that is not the stale one puts it back. */
function removeStale(lock: string, stale: string, aside: string): void {
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (read(aside) !== stale) link(aside, lock);
  rmSync(aside, { force: true });
}

function livingHolder(text: string): number | undefined {
  try {
    const { pid, born } = JSON.parse(text) as { pid: number; born?: string };
    return bornAt(pid) === born ? pid : undefined;
  } catch {
    return undefined;
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
