import { Fault } from '@countersign/contract';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import { giveTo, type Place } from './place.js';
import { run } from './process.js';

export const SUPERUSER = 'countersign';
export const DATABASE = 'countersign';

/**
 * The password of the cluster, which is made first if there is none. It is made aside and renamed when it is whole and
 * on disk, so a start that is killed half-way leaves nothing that the next one would take for a database.
 */
export async function openCluster(place: Place, binaries: Binaries, log: (line: string) => void): Promise<string> {
  const cluster = join(place.root, 'cluster');
  if (!existsSync(cluster)) await createCluster(place, binaries, cluster, log);
  // Beside the files it protects: who can read one can read the other.
  return readFileSync(join(cluster, 'password'), 'utf8').trim();
}

async function createCluster(
  place: Place,
  binaries: Binaries,
  cluster: string,
  log: (line: string) => void,
): Promise<void> {
  log(`creating the database in ${cluster}`);
  const aside = `${cluster}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: 0o700 });
  giveTo(place.account, aside);
  const password = `${aside}.password`;
  writeFileSync(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  giveTo(place.account, password);

  const step = async (command: string, args: string[], input?: string) => {
    const { ok, output } = await run(command, args, place.account, input);
    if (!ok)
      throw new Fault('database-create', `a database cannot be created in ${cluster}: ${output.trim().slice(-1000)}`);
  };
  const access = ['--auth=scram-sha-256', `--username=${SUPERUSER}`, `--pwfile=${password}`];
  await step(binaries.initdb, ['-D', aside, '--no-sync', '--no-instructions', '--locale=C', '-E', 'UTF8', ...access]);
  await step(
    binaries.postgres,
    ['--single', '-D', aside, '-c', 'fsync=off', 'postgres'],
    `create database ${DATABASE}\n`,
  );
  renameSync(password, join(aside, 'password'));
  // One pass over the finished files is as safe as syncing each step and much faster.
  await step(binaries.initdb, ['--sync-only', '-D', aside]);
  renameSync(aside, cluster);
  if (process.platform !== 'win32') syncDirectory(place.root);
}

/** A rename is durable only once its directory is. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}
