// npm run services: the four services as processes of their own, with a real broker and a real database, for development
// and for drills. In production each is a container; this is the same four mains with the same settings.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, checkNode, install, ROOT, StepFailed, whenNpmEnds } from './prepare.mjs';

const HELP = `npm run services: runs intake, decision, notifier and audit as four processes.

  DATABASE_URL     PostgreSQL to use; without it, the embedded one in COUNTERSIGN_DATA_DIR (.countersign)
  KAFKA_BROKERS    Kafka to use; without it, a broker is fetched from Maven Central (needs Java 17 and Maven) and started
  COUNTERSIGN_SERVICE_TOKEN   what the services know each other by; without it, one is made for this run
  COUNTERSIGN_GRPC_PORT, COUNTERSIGN_HTTP_PORT   where intake listens (7443, 7480)

All other settings are handed to every service. A service that dies is started again, so kill -9 is a fair test.

  -- --no-restart  leave a service that died dead
  -- --help        this`;

const COLOURS = { intake: 36, decision: 35, notifier: 33, audit: 32, services: 1 };

async function main() {
  const { values } = parseArgs({
    options: { 'no-restart': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(HELP);
  checkNode();
  await install();
  await build();
  process.chdir(ROOT);
  // What is started, last first: the order in which it stops.
  const running = [];
  const stop = stopper(running);
  whenNpmEnds('services', () => void stop.now(0));
  const dataDir = resolve(process.env.COUNTERSIGN_DATA_DIR ?? '.countersign');
  mkdirSync(dataDir, { recursive: true });
  try {
    const { startFleet, DEFAULT_PORTS } = await import('./services/fleet.mjs');
    const databaseUrl = process.env.DATABASE_URL ?? (await embeddedDatabase(dataDir, running));
    const brokers = process.env.KAFKA_BROKERS ?? (await fetchedBroker(dataDir, running));
    if (stop.asked()) return;
    const ports = { ...DEFAULT_PORTS, intake: intakePorts(DEFAULT_PORTS.intake) };
    const fleet = startFleet({
      databaseUrl,
      brokers,
      ports,
      env: process.env,
      serviceToken: process.env.COUNTERSIGN_SERVICE_TOKEN,
      restart: !values['no-restart'],
      log: say,
    });
    running.unshift(fleet);
    await fleet.ready();
    for (const [name, { pid, httpPort }] of Object.entries(fleet.services)) {
      const grpc = ports[name].grpc ? `gRPC 127.0.0.1:${ports[name].grpc}, ` : '';
      say('services', `${name.padEnd(8)} is ready: pid ${pid}, ${grpc}HTTP http://127.0.0.1:${httpPort}`);
    }
    say('services', `ready, on Kafka ${brokers}. Ctrl-C stops all of it.`);
  } catch (error) {
    if (stop.asked()) return;
    console.error(`\ncountersign cannot start: ${error.message}`);
    await stop.now(1);
  }
}

async function embeddedDatabase(dataDir, running) {
  const { startPostgres } = await import('@countersign/store');
  const postgres = await startPostgres({ dataDir, log: (line) => say('services', line) });
  running.unshift(postgres);
  return postgres.url;
}

async function fetchedBroker(dataDir, running) {
  const { startKafka } = await import('./kafka.mjs');
  const kafka = await startKafka({ dataDir: join(dataDir, 'kafka'), log: (line) => say('services', line) });
  running.unshift(kafka);
  return kafka.brokers;
}

function intakePorts({ grpc, http }) {
  return {
    grpc: Number(process.env.COUNTERSIGN_GRPC_PORT || grpc),
    http: Number(process.env.COUNTERSIGN_HTTP_PORT || http),
  };
}

/** Stops everything once, whoever asks first, and then ends this process. A second Ctrl-C changes nothing. */
function stopper(running) {
  let stopped;
  const stopAll = async (code) => {
    while (running.length > 0) await running.shift().stop();
    process.exit(code);
  };
  const now = (code) => (stopped ??= stopAll(code));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!stopped) say('services', 'stopping');
      void now(0);
    });
  }
  return { now, asked: () => stopped !== undefined };
}

function say(name, line) {
  const colour = process.stdout.isTTY ? [`\x1b[${COLOURS[name]}m`, '\x1b[0m'] : ['', ''];
  process.stdout.write(`${colour[0]}${name.padEnd(8)}${colour[1]} ${line}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StepFailed)) console.error(error);
  process.exit(1);
}
