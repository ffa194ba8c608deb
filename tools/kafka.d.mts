/** A broker cannot be had on this machine, for a reason that a person can act on. */
export class KafkaUnavailable extends Error {
  readonly missing: 'java' | 'maven' | 'download';
}

export function startKafka(options?: { dataDir?: string; port?: number; log?: (line: string) => void }): Promise<{
  brokers: string;
  pid: number;
  stop(): Promise<void>;
}>;
