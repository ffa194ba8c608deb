import 'reflect-metadata';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Fault } from '@countersign/contract';
import { GrpcServer } from './grpc-server.js';
import { httpTwins } from './http-twins.js';
import { nestLogger, type Log } from './log.js';
import type { Metrics } from './metrics.js';
import { plainRoutes, type Document } from './plain-routes.js';
import { rawRoutes, type RawRoute } from './raw-routes.js';
import type { Readiness } from './readiness.js';
import type { RpcService } from './rpc.js';

/** What a service puts on the network. */
export interface Endpoints {
  services: RpcService[];
  documents: Record<string, Document>;
  raw?: RawRoute[];
}

export interface ServiceOptions {
  module: DynamicModule;
  /** Reads the endpoints from the started module. */
  endpoints: (app: INestApplication) => Endpoints;
  bind: string;
  httpPort: number;
  /** Absent: no gRPC server. */
  grpcPort?: number;
  log: Log;
  metrics: Metrics;
  readiness: Readiness;
}

export interface RunningService {
  app: INestApplication;
  /** Stops taking requests, lets what is under way finish, and closes everything the module opened. */
  stop(): Promise<void>;
}

/** Starts a service. Throws Fault `port-taken` when a port is in use: a service is never quietly somewhere else. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { log, readiness, metrics, bind, httpPort, grpcPort } = options;
  const app = await NestFactory.create<NestExpressApplication>(options.module, {
    logger: nestLogger(log),
    rawBody: true,
    abortOnError: false,
  });
  const { services, documents, raw = [] } = options.endpoints(app);
  app.disable('x-powered-by');
  app.use(plainRoutes(readiness, metrics, documents));
  app.use(rawRoutes(raw, log));
  app.use(httpTwins(services, log));
  app.useBodyParser('json', { limit: '1mb' });
  app.useBodyParser('urlencoded', { limit: '1mb', extended: false });
  const grpc = grpcPort === undefined ? undefined : new GrpcServer({ url: `${bind}:${grpcPort}`, services, log });
  if (grpc) app.connectMicroservice({ strategy: grpc });
  try {
    await app.startAllMicroservices().catch((cause: unknown) => portTaken('gRPC', grpcPort, cause));
    await app.listen(httpPort, bind).catch((cause: unknown) => portTaken('HTTP', httpPort, cause));
  } catch (error) {
    // Half a service is none: the other port is given back, and what the module has opened is closed.
    await app.close();
    throw error;
  }
  const stopHealth = grpc ? followReadiness(grpc, services, readiness) : () => undefined;
  return {
    app,
    stop: async () => {
      stopHealth();
      await app.close();
    },
  };
}

/** grpc.health.v1 says what /readyz says. */
function followReadiness(grpc: GrpcServer, services: RpcService[], readiness: Readiness): () => void {
  const names = ['', ...services.map(({ service }) => service.typeName)];
  const look = async () => {
    const ready = Object.keys(await readiness.problems()).length === 0;
    for (const name of names) grpc.health.setStatus(name, ready ? 'SERVING' : 'NOT_SERVING');
  };
  void look();
  const timer = setInterval(() => void look(), 2_000);
  return () => clearInterval(timer);
}

function portTaken(what: 'gRPC' | 'HTTP', port: number | undefined, cause: unknown): never {
  const text = (cause as Error).message ?? '';
  if (!/EADDRINUSE|No address added|address already in use/i.test(text)) throw cause;
  const setting = `COUNTERSIGN_${what.toUpperCase()}_PORT`;
  throw new Fault('port-taken', `${what} port ${port} is in use: stop what uses it, or set ${setting}`, { cause });
}
