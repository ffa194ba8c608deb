// The four services as processes of their own, each restarted when it dies. It knows how to start, watch and stop them,
// and nothing of what they do.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LEASH = fileURLToPath(new URL('./leash.mjs', import.meta.url));
const RESTART_MS = 250;
const RESTART_MOST_MS = 5_000;
const STOP_MS = 12_000;

/** In the order in which they stop: first who writes, last who is asked. */
export const SERVICES = ['intake', 'notifier', 'audit', 'decision'];

/** Where each service listens unless told otherwise. */
export const DEFAULT_PORTS = {
  intake: { grpc: 7443, http: 7480 },
  decision: { grpc: 7444, http: 7481 },
  notifier: { http: 7482 },
  audit: { grpc: 7446, http: 7483 },
};

/**
 * @param {{ databaseUrl: string, brokers: string, serviceToken?: string, ports?: typeof DEFAULT_PORTS,
 *   env?: Record<string, string | undefined>, restart?: boolean, log?: (service: string, line: string) => void }} options
 */
export function startFleet({
  databaseUrl,
  brokers,
  serviceToken,
  ports = DEFAULT_PORTS,
  env,
  restart = true,
  log = () => {},
}) {
  const shared = {
    ...env,
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: brokers,
    // Known to these processes alone, and to none after them.
    COUNTERSIGN_SERVICE_TOKEN: serviceToken ?? randomBytes(32).toString('base64url'),
    COUNTERSIGN_INTAKE_ADDRESS: `127.0.0.1:${ports.intake.grpc}`,
    COUNTERSIGN_DECISION_ADDRESS: `127.0.0.1:${ports.decision.grpc}`,
  };
  const services = Object.fromEntries(
    SERVICES.map((name) => {
      const own = { ...shared, COUNTERSIGN_HTTP_PORT: String(ports[name].http) };
      // Where the others find intake and decision is no setting of theirs to listen on.
      if (ports[name].grpc) own.COUNTERSIGN_GRPC_PORT = String(ports[name].grpc);
      else delete own.COUNTERSIGN_GRPC_PORT;
      return [name, new Service(name, own, ports[name].http, restart, (line) => log(name, line))];
    }),
  );
  for (const service of Object.values(services)) service.start();
  return {
    services,
    /** Resolves when every service says that it is ready; rejects when the time is up. */
    ready: async (withinMs = 60_000) => {
      await Promise.all(Object.values(services).map((service) => service.ready(withinMs)));
    },
    stop: async () => {
      for (const name of SERVICES) await services[name].stop();
    },
  };
}

/** One service as a process of its own. */
export class Service {
  #child;
  #exited = Promise.resolve();
  #stopping = false;
  #restarting;
  starts = 0;
  failures = 0;

  constructor(name, env, httpPort, restart, log) {
    Object.assign(this, { name, env, httpPort, restart, log });
  }

  get pid() {
    return this.#child?.pid;
  }

  start() {
    this.starts += 1;
    const born = Date.now();
    const args = ['--enable-source-maps', '--import', LEASH, join(ROOT, 'apps', this.name, 'dist', 'main.js')];
    // A session of its own: Ctrl-C reaches the parent only, which then stops things in order.
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: this.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.stdin.on('error', () => {});
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', this.log);
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    }).then((how) => this.#died(how, born));
  }

  #died(how, born) {
    if (this.#stopping) return;
    this.log(`ended with ${how}${this.restart ? ', starting it again' : ''}`);
    if (!this.restart) return;
    this.failures = Date.now() - born > 10_000 ? 0 : this.failures + 1;
    const wait = Math.min(RESTART_MS * 2 ** Math.max(this.failures - 1, 0), RESTART_MOST_MS);
    this.#restarting = setTimeout(() => this.start(), wait);
  }

  /** As the worst day does it. Resolves when the process is gone. */
  async kill() {
    this.failures = 0;
    const exited = this.#exited;
    this.#child?.kill('SIGKILL');
    await exited;
  }

  async ready(withinMs) {
    let last = 'it does not answer';
    for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(100)) {
      try {
        const response = await fetch(`http://127.0.0.1:${this.httpPort}/readyz`, {
          signal: AbortSignal.timeout(2_000),
        });
        if (response.ok) return;
        last = `${response.status} ${await response.text()}`;
      } catch {
        // Not listening yet.
      }
      if (!this.restart && this.#child?.exitCode !== null) break;
    }
    throw new Error(`${this.name} is not ready: ${last}`);
  }

  async stop() {
    this.#stopping = true;
    clearTimeout(this.#restarting);
    this.#child?.kill('SIGTERM');
    const hard = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(hard);
  }
}
