// A real Kafka broker (KRaft, one node) for development and tests, as a child that never outlives its parent.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaJars, KafkaUnavailable } from './kafka/jars.mjs';
import { freePorts } from './services/ports.mjs';

export { KafkaUnavailable };

const JVM = [
  '-Xms64m',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];
// A loaded machine can be slow to elect the only voter, and a free port can be taken before the broker binds it.
const START_ATTEMPTS = 3;
const READY_MS = 60_000;
const STOP_MS = 15_000;

// The kernel closes the pipe on standard input when the parent dies, however it dies; the broker is then told to stop.
// The broker's own pid goes to a file for a next start, should this shell be killed too.
const GUARD = `
exec 3<&0
pidfile=$1; shift
"$@" </dev/null 3<&- &
broker=$!
echo $broker > "$pidfile"
( cat <&3 >/dev/null; kill -TERM $broker; sleep 10; kill -KILL $broker ) 2>/dev/null &
watch=$!
wait $broker
code=$?
kill $watch
exit $code
`;

/**
 * Starts a broker. With `dataDir` its topics are kept for the next start there; without, they go with it.
 * Throws KafkaUnavailable when this machine has no Java or cannot fetch Kafka.
 * @param {{ dataDir?: string, port?: number, log?: (line: string) => void }} [options]
 * @returns {Promise<{ brokers: string, pid: number, stop(): Promise<void> }>}
 */
export async function startKafka({ dataDir, port, log = () => {} } = {}) {
  const classPath = await kafkaJars(log);
  const dir = dataDir ? resolve(dataDir) : mkdtempSync(join(tmpdir(), 'countersign-kafka-'));
  mkdirSync(dir, { recursive: true });
  await stopStale(dir, log);
  for (let attempt = 1; ; attempt++) {
    const [free, controller] = await freePorts(2);
    const broker = await launch(classPath, dir, port ?? free, controller);
    try {
      await ready(broker);
      log(`kafka is ready on ${broker.brokers}`);
      const stop = async () => {
        await broker.stop();
        if (!dataDir) rmSync(dir, { recursive: true, force: true });
      };
      return { brokers: broker.brokers, pid: readPid(dir), stop };
    } catch (error) {
      await broker.stop();
      if (attempt === START_ATTEMPTS) {
        throw new Error(
          `kafka did not start: ${error.message}; its log is ${broker.logFile}\n${tail(broker.logFile)}`,
          { cause: error },
        );
      }
      log(`kafka did not start (${error.message}), trying again`);
    }
  }
}

async function launch(classPath, dir, port, controller) {
  const brokers = `127.0.0.1:${port}`;
  const config = join(dir, 'server.properties');
  writeFileSync(config, properties(dir, port, controller));
  if (!existsSync(join(dir, 'data', 'meta.properties'))) {
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
      .toString('base64url')
      .replace(/^-/, 'A');
    const args = [
      ...JVM,
      '-cp',
      classPath,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      id,
      '-c',
      config,
      '--ignore-formatted',
    ];
    const { status, stderr, stdout } = spawnSync('java', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`kafka storage could not be formatted in ${dir}: ${stdout}${stderr}`);
  }
  const logFile = join(dir, 'kafka.log');
  const out = openSync(logFile, 'a');
  const java = ['java', ...JVM, '-cp', classPath, 'kafka.Kafka', config];
  // A session of its own: Ctrl-C reaches the parent only, which then stops things in order.
  const child = spawn('sh', ['-c', GUARD, 'kafka-guard', pidFile(dir), ...java], {
    stdio: ['pipe', out, out],
    detached: true,
  });
  closeSync(out);
  child.stdin.on('error', () => {});
  const exited = new Promise((done) => child.on('close', done));
  const stop = async () => {
    child.stdin.end();
    const deadline = setTimeout(() => kill(readPid(dir), 'SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(deadline);
    rmSync(pidFile(dir), { force: true });
  };
  return { brokers, child, logFile, stop };
}

async function ready({ brokers, child }) {
  const deadline = Date.now() + READY_MS;
  const kafka = new Kafka({
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    retry: { retries: 0 },
  });
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    const admin = kafka.admin();
    try {
      await admin.connect();
      const { brokers: members, controller } = await admin.describeCluster();
      if (members.length > 0 && controller !== null) return;
    } catch {
      // Not yet: the deadline decides.
    } finally {
      await admin.disconnect().catch(() => {});
    }
    await sleep(100);
  }
  throw new Error(`it did not answer within ${READY_MS / 1000} s`);
}

/** Ends a broker that an earlier run left in this folder; nothing else, even if its pid now belongs to another program. */
async function stopStale(dir, log) {
  const pid = readPid(dir);
  const ours = () =>
    spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.includes(
      join(dir, 'server.properties'),
    );
  if (pid && ours()) {
    log(`stopping the broker that an earlier run left behind (pid ${pid})`);
    kill(pid, 'SIGTERM');
    for (const deadline = Date.now() + STOP_MS; ours(); await sleep(100)) {
      if (Date.now() > deadline) kill(pid, 'SIGKILL');
    }
  }
  rmSync(pidFile(dir), { force: true });
}

function properties(dir, port, controllerPort) {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${join(dir, 'data')}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# A killed broker may register again only when its last session is over; nine seconds otherwise.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=1048577
num.network.threads=2
num.io.threads=2
`;
}

const pidFile = (dir) => join(dir, 'kafka.pid');

function readPid(dir) {
  return existsSync(pidFile(dir)) ? Number(readFileSync(pidFile(dir), 'utf8')) : 0;
}

function kill(pid, signal) {
  try {
    if (pid) process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}

function tail(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : '';
}

// Run directly, it is a broker in the foreground until Ctrl-C.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const broker = await startKafka({ log: (line) => process.stderr.write(`${line}\n`) });
  process.stdout.write(`KAFKA_BROKERS=${broker.brokers}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void broker.stop().then(() => process.exit(0)));
}
