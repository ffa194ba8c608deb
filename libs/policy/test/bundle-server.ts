import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** What a request said. */
export interface Asked {
  etag?: string;
  prefer?: string;
  authorization?: string;
}

/**
 * An OPA bundle server: ETag and 304, and long polling where it is switched on. It can also be told to misbehave. It keeps its
 * port when it is stopped and started again.
 */
export class BundleServer {
  readonly asked: Asked[] = [];
  /** Answers instead of the protocol, while it is there. */
  instead: Answer | undefined;
  longPolling = false;
  #archive: Buffer;
  #server: Server | undefined;
  #port = 0;
  #waiting: (() => void)[] = [];

  constructor(archive: Buffer) {
    this.#archive = archive;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/bundles/main.tar.gz`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As when its process is killed. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  /** Has another bundle from now on. Who waits hears of it. */
  publish(archive: Buffer): void {
    this.#archive = archive;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { prefer, authorization, 'if-none-match': etag } = request.headers;
    this.asked.push({ etag, prefer: prefer as string | undefined, authorization });
    if (this.instead) return this.instead(response, request);
    if (this.longPolling && etag === this.#etag) {
      this.#waiting.push(() => this.#reply(response));
      return;
    }
    if (etag === this.#etag) return void response.writeHead(304, { etag: this.#etag }).end();
    this.#reply(response);
  }

  #reply(response: ServerResponse): void {
    const type = this.longPolling ? 'application/vnd.openpolicyagent.bundles' : 'application/gzip';
    response.writeHead(200, { etag: this.#etag, 'content-type': type, 'content-length': this.#archive.length });
    response.end(this.#archive);
  }

  get #etag(): string {
    return `"${createHash('sha256').update(this.#archive).digest('hex')}"`;
  }
}
