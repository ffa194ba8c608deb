import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a fake misbehaves on its next call: an HTTP status, or silence after the work was done or was not. */
export type Fault =
  | { status: number; retryAfterS?: number; body?: object }
  /** Never answers; `effect` says whether the call still took effect. */
  | { hang: true; effect: boolean };

/** A real HTTP server on a port of its own, with faults to be scripted per operation. */
export abstract class FakeServer {
  protected readonly server: Server = createServer((request, response) => void this.serve(request, response));
  private readonly script = new Map<string, Fault[]>();

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  /** The next calls of an operation go wrong in these ways, one each. */
  failNext(operation: string, ...faults: Fault[]): void {
    this.script.set(operation, [...(this.script.get(operation) ?? []), ...faults]);
  }

  protected nextFault(operation: string): Fault | undefined {
    return this.script.get(operation)?.shift();
  }

  protected abstract answer(request: IncomingMessage, body: Buffer): Promise<Answered> | Answered;

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answered = await this.answer(request, Buffer.concat(chunks));
    if (answered === 'silence') return;
    response.writeHead(answered.status, { 'content-type': 'application/json', ...answered.headers });
    response.end(JSON.stringify(answered.body ?? {}));
  }
}

export type Answered = { status: number; headers?: Record<string, string>; body?: unknown } | 'silence';
