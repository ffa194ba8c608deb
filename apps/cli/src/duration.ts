import { UsageError } from './exit.js';

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const SPAN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
/** About a hundred years: more is a slip, and before long no time that can be written down. */
const MOST_DAYS = 36_500;

/** "30s", "5m", "7d" or "500ms" in whole milliseconds. */
export function parseDuration(text: string, option: string): number {
  const match = SPAN.exec(text);
  if (!match) throw new UsageError(`${option} is "${text}": write a number and a unit, such as 30s or 5m`);
  const ms = Math.round(Number(match[1]) * MS[match[2] as keyof typeof MS]);
  if (ms > MOST_DAYS * MS.d) throw new UsageError(`${option} is "${text}": write ${MOST_DAYS}d at most`);
  return ms;
}

/** As google.protobuf.Duration. */
export function toProtoDuration(ms: number): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: Math.round((ms % 1000) * 1e6) };
}

/** "41 s", "9 min", "2 h 5 min". */
export function inWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
