// Ports for services of tests, drills and screenshots. Taken from below the range that operating systems hand out to
// outgoing connections: a port from there is free one moment and somebody's end of a connection the next.
import { createServer } from 'node:net';

const FIRST = 10_000;
const COUNT = 22_000;

/** Ports of the loopback interface that were free a moment ago. Held all at once, so that they differ. */
export async function freePorts(count) {
  const servers = [];
  try {
    while (servers.length < count) {
      const server = await listening(FIRST + Math.floor(Math.random() * COUNT));
      if (server) servers.push(server);
    }
    return servers.map((server) => server.address().port);
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Undefined when the port is taken, or not for this user. */
function listening(port) {
  return new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
