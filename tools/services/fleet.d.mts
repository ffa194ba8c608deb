export type ServiceName = 'intake' | 'notifier' | 'audit' | 'decision';

export interface FleetPorts {
  intake: { grpc: number; http: number };
  decision: { grpc: number; http: number };
  notifier: { http: number };
  audit: { grpc: number; http: number };
}

export interface FleetService {
  readonly pid: number | undefined;
  /** How often it was started. */
  readonly starts: number;
  readonly httpPort: number;
  kill(): Promise<void>;
  ready(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Fleet {
  services: Record<ServiceName, FleetService>;
  ready(withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export const SERVICES: ServiceName[];
export const DEFAULT_PORTS: FleetPorts;

export function startFleet(options: {
  databaseUrl: string;
  brokers: string;
  serviceToken?: string;
  ports?: FleetPorts;
  env?: Record<string, string | undefined>;
  restart?: boolean;
  log?: (service: ServiceName, line: string) => void;
}): Fleet;

/** One service as a process of its own. */
export class Service implements FleetService {
  constructor(
    name: ServiceName,
    env: Record<string, string | undefined>,
    httpPort: number,
    restart: boolean,
    log: (line: string) => void,
  );
  readonly pid: number | undefined;
  readonly starts: number;
  readonly httpPort: number;
  start(): void;
  kill(): Promise<void>;
  ready(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}
