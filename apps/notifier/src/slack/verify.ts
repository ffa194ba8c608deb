import { createHmac, timingSafeEqual } from 'node:crypto';

/** Slack's own window, applied to both sides: a time in the future is as foreign as one in the past. */
const WINDOW_S = 300;

export interface Signed {
  /** The bytes as they came: a parsed and re-encoded body has another signature. */
  body: Buffer | undefined;
  timestamp: unknown;
  signature: unknown;
}

/** Slack request signing, v0. Several secrets are accepted, so that one can be replaced without a gap. */
export function isSigned({ body, timestamp, signature }: Signed, secrets: readonly string[], nowMs: number): boolean {
  if (!body || typeof timestamp !== 'string' || typeof signature !== 'string') return false;
  if (!/^\d{9,11}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > WINDOW_S) return false;
  const given = Buffer.from(signature.slice(3), 'hex');
  return secrets.some((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest(), given),
  );
}
