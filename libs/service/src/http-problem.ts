import { createRegistry, toJson, type JsonValue } from '@bufbuild/protobuf';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@countersign/contract';
import type { ServerResponse } from 'node:http';
import { httpStatusOf, toStatusError } from './faults.js';
import type { Log } from './log.js';

/** What details of a status may be. */
export const DETAILS = createRegistry(BadRequestSchema, ErrorInfoSchema, RetryInfoSchema);

/** Answers with what was thrown, as a google.rpc.Status in JSON. */
export function sendProblem(response: ServerResponse, error: unknown, log: Log, method: string): void {
  const status = toStatusError(error, log, method);
  const headers: Record<string, string> = {};
  if (status.details.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(status.details.retryAfterMs / 1000)));
  if (status.status === 'UNAUTHENTICATED') headers['www-authenticate'] = 'Bearer';
  sendJson(response, httpStatusOf(status), toJson(StatusSchema, status.toStatus(), { registry: DETAILS }), headers);
}

/** Sends a JSON answer, unless one was begun or the caller is gone. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: JsonValue,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(text + '\n');
}
