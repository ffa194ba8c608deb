import { Fault } from '@countersign/contract';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run, type Account } from './process.js';

/** The account that every Unix keeps for programs which should own nothing. */
const NOBODY = 65534;

/** Where root keeps what the unprivileged server must reach when the checkout is in a private home directory. */
const SYSTEM_DIR = '/var/lib/countersign';

export interface Place {
  /** Real path; holds the cluster, its password and its log. */
  root: string;
  /** Holds a copy of the binaries if one is needed. */
  home: string;
  account: Account;
}

/** Decides where the cluster lives and whom the server runs as. */
export async function findPlace(dataDir: string, log: (line: string) => void): Promise<Place> {
  const asRoot = process.getuid?.() === 0;
  const wanted = resolve(dataDir);
  try {
    // Others may pass through, to reach the cluster that is theirs, but not look around.
    mkdirSync(wanted, { recursive: true, mode: asRoot ? 0o711 : 0o700 });
    if (!asRoot) return { root: realpathSync(wanted), home: realpathSync(wanted), account: undefined };
    const account = ownerOf(join(wanted, 'cluster')) ?? { uid: NOBODY, gid: NOBODY };
    const elsewhere = join(wanted, 'elsewhere');
    if (!exists(elsewhere)) {
      chmodSync(wanted, 0o711);
      const reachable = await run('/bin/sh', ['-c', 'cd "$1"', 'sh', realpathSync(wanted)], account);
      if (reachable.ok) return { root: realpathSync(wanted), home: SYSTEM_DIR, account };
      const moved = join(SYSTEM_DIR, randomBytes(6).toString('hex'));
      // A symlink and not a name derived from the path: the data stay with the folder when it is moved.
      mkdirSync(moved, { recursive: true, mode: 0o711 });
      symlinkSync(moved, elsewhere);
      log(
        `the database is kept in ${moved}: PostgreSQL does not run as root, and its own account cannot reach ${wanted}`,
      );
    }
    const root = realpathSync(elsewhere);
    return { root, home: SYSTEM_DIR, account: ownerOf(join(root, 'cluster')) ?? account };
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Fault(
      'database-place',
      `no place for the database in ${wanted}, set COUNTERSIGN_DATA_DIR to another folder: ${reason}`,
      {
        cause,
      },
    );
  }
}

/** Gives a file to the account the server runs as. */
export function giveTo(account: Account, path: string): void {
  if (account) chownSync(path, account.uid, account.gid);
}

/** A cluster that an ordinary user made stays theirs when root starts it. */
function ownerOf(path: string): Account {
  if (!exists(path)) return undefined;
  const { uid, gid } = statSync(path);
  return uid === 0 ? undefined : { uid, gid };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
