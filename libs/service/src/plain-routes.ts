import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';

/** A text or JSON document served under a fixed path, such as /checkpoint. Undefined answers 404. */
export interface Document {
  type: string;
  /** Further headers of the answer, such as cache-control. */
  headers?: Record<string, string>;
  read: (path: string) => Promise<string | Buffer | undefined> | string | Buffer | undefined;
}

/** /healthz, /readyz, /metrics and the services' public documents: no credential, nothing that needs one. */
export function plainRoutes(readiness: Readiness, metrics: Metrics, documents: Record<string, Document>) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const path = (request.url ?? '/').split('?')[0]!;
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const reply = (status: number, type: string, body: string | Buffer, headers: Record<string, string> = {}) => {
      response.writeHead(status, { ...headers, 'content-type': type });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const failed = () => reply(503, 'text/plain', 'not available\n');
    if (path === '/healthz') return reply(200, 'application/json', '{"status":"ok"}\n');
    if (path === '/readyz') {
      Promise.all([readiness.problems(), readiness.warnings()]).then(([problems, warnings]) => {
        const ready = Object.keys(problems).length === 0;
        const body = { status: ready ? 'ready' : 'not ready', problems, warnings };
        reply(ready ? 200 : 503, 'application/json', JSON.stringify(body) + '\n');
      }, failed);
      return;
    }
    if (path === '/metrics') {
      metrics.registry.metrics().then((text) => reply(200, metrics.registry.contentType, text), failed);
      return;
    }
    const found = Object.keys(documents).find(
      (prefix) => path === prefix || (prefix.endsWith('/') && path.startsWith(prefix)),
    );
    if (!found) return next();
    const { type, headers, read } = documents[found]!;
    Promise.resolve(read(path)).then(
      (body) => (body === undefined ? reply(404, 'text/plain', 'not found\n') : reply(200, type, body, headers)),
      failed,
    );
  };
}
