// Several processes of intake on one database, each with its own ports and nothing in common but the database, the
// directory, the policy and the folder of keys. The broker they are told of does not exist: what is decided must not
// depend on it, and what is recorded stays in the outbox, where all of it can be looked at.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Service } from '../services/fleet.mjs';
import { freePorts } from '../services/ports.mjs';
import { directoryText } from './people.mjs';
import { Wire } from './wire.mjs';

/** Answers what a request says it should: the drill is about who wins, not about what policy wants. */
const POLICY = fileURLToPath(new URL('../../libs/policy/fixtures/anything.tar.gz', import.meta.url));
const MAIN = new URL('../../apps/intake/dist/main.js', import.meta.url);

export async function startIntakes({ count, databaseUrl, dataDir, env, log }) {
  if (!existsSync(MAIN)) throw new Error('intake is not built: run npm run build first');
  const directory = join(dataDir, 'directory.yaml');
  await writeFile(directory, directoryText());
  const keys = join(dataDir, 'keys');
  const ports = await freePorts(2 * count);
  const services = Array.from({ length: count }, (_, i) => {
    const [grpc, http] = ports.slice(2 * i);
    const own = {
      ...env,
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: '127.0.0.1:1',
      COUNTERSIGN_DATA_DIR: join(dataDir, `intake-${i}`),
      COUNTERSIGN_GRANT_KEYS: keys,
      COUNTERSIGN_DIRECTORY: directory,
      COUNTERSIGN_POLICIES: POLICY,
      // Grants name their issuer: replicas that call themselves differently would refuse each other's.
      COUNTERSIGN_PUBLIC_URL: 'https://gate.example',
      COUNTERSIGN_GRPC_PORT: String(grpc),
      COUNTERSIGN_HTTP_PORT: String(http),
      COUNTERSIGN_LOG_LEVEL: 'error',
      // What keeps people from being worn down would end a drill of a thousand rounds.
      COUNTERSIGN_ASKS_PER_HOUR: '0',
      COUNTERSIGN_REFUSED_VOTES: '0',
    };
    return { grpc, service: new Service('intake', own, http, false, (line) => log(`intake ${i}: ${line}`)) };
  });
  // The first makes the key of grants; the others find it.
  for (const { service } of services) {
    service.start();
    await service.ready(60_000);
  }
  const gates = services.map(({ grpc }) => new Wire(grpc));
  return {
    gates,
    keys,
    pids: services.map(({ service }) => service.pid),
    stop: async () => {
      gates.forEach((gate) => gate.close());
      await Promise.all(services.map(({ service }) => service.stop()));
    },
  };
}
