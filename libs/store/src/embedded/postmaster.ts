import { Fault } from '@countersign/contract';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { Place } from './place.js';
import { bornAt, isZombie, run, spawnOptions, until } from './process.js';

const START_TIMEOUT_MS = 60_000;
const FAST_STOP_MS = 15_000;
const MAX_LOG_BYTES = 4 << 20;

/**
 * The shell leaves a guard behind and becomes the server. The guard waits for the end of a pipe that only we hold open:
 * however we die, `kill -9` included, the server is told to stop. It is forked twice so that the server is not its parent.
 */
const GUARDED = 'exec 3<&0; pg=$$; ( ( read -r _ <&3; kill -INT "$pg" ) >/dev/null 2>&1 & ); exec "$@" </dev/null 3<&-';

/** Durability is not a preference: given on the command line, no configuration file can turn it off. */
const SETTINGS = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Starts the server and resolves when it takes connections. The port may have been taken meanwhile: then undefined. */
export async function startPostmaster(
  place: Place,
  binaries: Binaries,
  port: number,
): Promise<ChildProcess | undefined> {
  const cluster = join(place.root, 'cluster');
  const logFile = join(place.root, 'postgres.log');
  const tooLong = (statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES;
  const log = openSync(logFile, tooLong ? 'w' : 'a', 0o600);
  const from = tooLong ? 0 : statSync(logFile).size;
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ]);
  const before = pidFile(cluster).join();
  const command = [binaries.postgres, '-D', cluster, ...settings];
  const [file, args] =
    process.platform === 'win32' ? [command[0]!, command.slice(1)] : ['/bin/sh', ['-c', GUARDED, 'sh', ...command]];
  // Detached: Ctrl-C in the terminal is for us, and the server stops after those who use it.
  const child = spawn(file, args, { ...spawnOptions(place.account), detached: true, stdio: ['pipe', log, log] });
  closeSync(log);
  let ended = false;
  child.once('error', () => (ended = true));
  child.once('exit', () => (ended = true));
  const ready = await until(() => ended || isReady(cluster, before), START_TIMEOUT_MS);
  if (ready && !ended) return child;
  child.kill('SIGKILL');
  const said = readFileSync(logFile).subarray(from).toString();
  if (/could not bind|could not create any TCP/.test(said)) return undefined;
  throw new Fault(
    'database-start',
    `the database in ${cluster} does not start: ${said.trim().slice(-1000) || 'no reason given'}`,
    {
      retryable: /shared memory block/.test(said),
    },
  );
}

/** Lets nothing new in, rolls back what is open, writes a checkpoint. If that takes too long, recovery does it at the next start. */
export async function stopPostmaster(child: ChildProcess, binaries: Binaries, cluster: string): Promise<void> {
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  if (process.platform === 'win32') await run(binaries.pgCtl, ['stop', '-m', 'fast', '-D', cluster], undefined);
  else child.kill('SIGINT');
  if (!(await until(ended, FAST_STOP_MS))) child.kill('SIGQUIT');
  if (!(await until(ended, FAST_STOP_MS))) child.kill('SIGKILL');
  child.stdin?.destroy();
}

/** Stops the server that a killed supervisor left on this cluster. The pid in the file may be anybody's by now. */
export async function stopOrphan(cluster: string, log: (line: string) => void): Promise<void> {
  const pid = Number(pidFile(cluster)[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  // A dead server that nobody has reaped looks alive to the next one, which would refuse to start for ever.
  if (isZombie(pid)) return rmSync(join(cluster, 'postmaster.pid'), { force: true });
  if (!servesCluster(pid, cluster)) return;
  log(`stopping the database server that an earlier run left behind (process ${pid})`);
  const gone = () => !servesCluster(pid, cluster);
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw new Fault('database-in-use', `process ${pid} serves ${cluster} and is not ours to stop: stop it first`, {
        cause: error,
      });
    }
    if (await until(gone, FAST_STOP_MS)) return;
  }
  throw new Fault('database-in-use', `process ${pid} serves ${cluster} and does not stop: stop it first`);
}

function servesCluster(pid: number, cluster: string): boolean {
  if (bornAt(pid) === undefined) return false;
  if (process.platform === 'linux') {
    try {
      // The server's working directory is its cluster, and nobody else's is.
      const program = basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
      return program === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
    } catch {
      return false;
    }
  }
  if (process.platform === 'win32') return false;
  const command = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], spawnOptions(undefined)).stdout.toString();
  return command.includes('postgres') && command.includes(cluster);
}

/** The eighth line of postmaster.pid says "ready" once connections are taken; a killed server leaves such a file behind. */
function isReady(cluster: string, before: string): boolean {
  const lines = pidFile(cluster);
  return lines[7]?.trim() === 'ready' && lines.join() !== before;
}

function pidFile(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}
