// npm start: everything from a fresh clone to a running Countersign. The product runs in this very process, so that
// signals, the exit code and a kill reach it and nothing in between.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, checkNode, install, ROOT, StepFailed, whenNpmEnds } from './prepare.mjs';

const HELP = `npm start: runs Countersign in one process, with a database of its own unless DATABASE_URL is set.

Installs packages and builds first, when something changed since the last time. Data are kept in
COUNTERSIGN_DATA_DIR (.countersign); Ctrl-C stops it, and another npm start goes on where it was.

  COUNTERSIGN_GRPC_PORT   gRPC port on 127.0.0.1 (7443)
  COUNTERSIGN_HTTP_PORT   HTTP port on 127.0.0.1 (7480)
  COUNTERSIGN_POLICIES    folder of Rego, a bundle, or the URL of a bundle server (the starter policies)
  COUNTERSIGN_DIRECTORY   YAML file of people, agents and groups (the development identities)
  DATABASE_URL            a PostgreSQL to use instead of the embedded one
  KAFKA_BROKERS           brokers to publish to, comma-separated (in memory otherwise)

All settings are described in README.md. Other commands: npm run demo, npm run services, npm test.`;

if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  console.log(HELP);
} else {
  try {
    checkNode();
    await install();
    await build();
    const main = join(ROOT, 'apps/standalone/dist/main.js');
    if (!existsSync(main)) throw new Error(`${main} was not built: remove the dist folders and start again`);
    whenNpmEnds('start', () => process.kill(process.pid, 'SIGTERM'));
    process.chdir(ROOT);
    process.argv[1] = main;
    await import(pathToFileURL(main).href);
  } catch (error) {
    if (!(error instanceof StepFailed)) console.error(error);
    process.exit(1);
  }
}
