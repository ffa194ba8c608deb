// The jars of a Kafka broker, from Maven Central, once per machine.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KAFKA_VERSION = '4.1.1';
const POM = fileURLToPath(new URL('./pom.xml', import.meta.url));

/** A broker cannot be had on this machine, for a reason that a person can act on. */
export class KafkaUnavailable extends Error {
  /** @param {'java' | 'maven' | 'download'} missing @param {string} message */
  constructor(missing, message) {
    super(message);
    this.name = 'KafkaUnavailable';
    this.missing = missing;
  }
}

/** The class path of the broker; fetches it first when it is not cached. Throws KafkaUnavailable. */
export async function kafkaJars(log = () => {}) {
  requireJava();
  const cache = process.env.COUNTERSIGN_DATA_DIR ?? join(homedir(), '.cache', 'countersign');
  const target = join(cache, `kafka-${KAFKA_VERSION}`);
  if (!existsSync(target)) await download(cache, target, log);
  return join(target, '*');
}

function requireJava() {
  const { error, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (error) throw new KafkaUnavailable('java', 'kafka needs Java 17 or newer, and there is no java on PATH');
  const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  if (major < 17) throw new KafkaUnavailable('java', `kafka needs Java 17 or newer, and java on PATH is ${major}`);
}

async function download(cache, target, log) {
  if (spawnSync('mvn', ['-v']).error) {
    throw new KafkaUnavailable('maven', 'kafka is fetched with Maven, and there is no mvn on PATH');
  }
  mkdirSync(cache, { recursive: true });
  // Two first runs at once each fill a folder of their own; the rename makes a whole one visible, or finds it there.
  const partial = join(cache, `.kafka-${KAFKA_VERSION}.${process.pid}`);
  log(`fetching Kafka ${KAFKA_VERSION} from Maven Central (43 MB, once)`);
  const args = [
    '-B',
    '-q',
    '-f',
    POM,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${partial}`,
  ];
  const { code, output } = await run('mvn', args);
  try {
    const jars = code === 0 ? readdirSync(partial).length : 0;
    if (jars === 0)
      throw new KafkaUnavailable(
        'download',
        `mvn could not fetch Kafka ${KAFKA_VERSION}: ${output.slice(-2000).trim()}`,
      );
    if (!existsSync(target)) renameSync(partial, target);
    log(`fetched ${jars} jars into ${target}`);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
