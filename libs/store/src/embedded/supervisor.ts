import { Fault } from '@countersign/contract';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { findBinaries } from './binaries.js';
import { DATABASE, openCluster, SUPERUSER } from './cluster.js';
import { lockDataDir } from './lock.js';
import { findPlace } from './place.js';
import { startPostmaster, stopOrphan, stopPostmaster } from './postmaster.js';

export interface EmbeddedPostgres {
  /** Of a superuser on an otherwise empty database; loopback only, another port at every start. */
  url: string;
  stop(): Promise<void>;
}

/** How often, and how far apart, a server that died under us is started again. */
const REVIVALS = 20;
const REVIVAL_PAUSE_MS = 250;

/**
 * A real PostgreSQL from the npm binaries, in a folder, for one supervisor at a time. Created at the first start;
 * started again on the same port if it dies; never outlives this process. Throws Fault `database-in-use` when another
 * living process supervises the same folder.
 */
export async function startPostgres(options: {
  dataDir: string;
  log?: (line: string) => void;
}): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const place = await findPlace(options.dataDir, log);
  const release = lockDataDir(place.root);
  try {
    const cluster = join(place.root, 'cluster');
    const [binaries] = await Promise.all([findBinaries(place.home, place.account), stopOrphan(cluster, log)]);
    const password = await openCluster(place, binaries, log);
    let stopping = false;
    let { child, port } = await startOnFreePort((free) => startPostmaster(place, binaries, free));

    const revive = async () => {
      child.stdin?.destroy();
      for (let attempt = 0; attempt < REVIVALS && !stopping; attempt++) {
        await new Promise((resolve) => setTimeout(resolve, REVIVAL_PAUSE_MS));
        const next = stopping ? undefined : await startPostmaster(place, binaries, port).catch(() => undefined);
        if (next) return watch(next);
      }
      if (!stopping) log('the database server ended and does not start again');
    };
    let revival: Promise<void> | undefined;
    const watch = (running: ChildProcess) => {
      child = running;
      running.once('exit', (code, signal) => {
        if (stopping) return;
        log(`the database server ended unexpectedly (${signal ?? `exit code ${code}`}), starting it again`);
        revival = revive();
      });
    };
    watch(child);

    const stop = async () => {
      stopping = true;
      await revival;
      await stopPostmaster(child, binaries, cluster);
      release();
    };
    let stopped: Promise<void> | undefined;
    return {
      url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}`,
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Between finding a free port and using it somebody else may take it, and processes of a dead server may hold its memory
 * for a moment; the server refuses to start beside them, rightly. So this tries for a while.
 */
async function startOnFreePort(start: (port: number) => Promise<ChildProcess | undefined>) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      const child = await start(port);
      if (child) return { child, port };
    } catch (error) {
      if (!(error instanceof Fault && error.retryable) || attempt >= REVIVALS) throw error;
      await new Promise((resolve) => setTimeout(resolve, REVIVAL_PAUSE_MS));
    }
    if (attempt >= REVIVALS) throw new Fault('database-start', 'no free port on 127.0.0.1 for the database');
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
