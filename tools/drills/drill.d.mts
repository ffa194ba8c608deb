export interface DrillResult {
  rounds: number;
  crowd: number;
  processes: number;
  calls: number;
  contention: number;
  /** How rounds of each kind ended. */
  ends: Record<string, Record<string, number>>;
  /** How each sort of call was answered. */
  answers: Record<string, Record<string, number>>;
  problems: string[];
  events?: number;
  sources?: number;
  seconds: number;
  ok: boolean;
}

export function runDrill(options: {
  rounds: number;
  processes?: number;
  databaseUrl: string;
  dataDir: string;
  env?: Record<string, string | undefined>;
  progress?: (result: DrillResult) => void;
  log?: (line: string) => void;
}): Promise<DrillResult>;
