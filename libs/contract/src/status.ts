import { create, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb.js';
import { StatusSchema, type Status } from './gen/google/rpc/status_pb.js';

/** The google.rpc codes we answer with, and their HTTP twins. */
export const CODES = {
  INVALID_ARGUMENT: { code: 3, http: 400 },
  DEADLINE_EXCEEDED: { code: 4, http: 504 },
  NOT_FOUND: { code: 5, http: 404 },
  PERMISSION_DENIED: { code: 7, http: 403 },
  RESOURCE_EXHAUSTED: { code: 8, http: 429 },
  FAILED_PRECONDITION: { code: 9, http: 400 },
  ABORTED: { code: 10, http: 409 },
  UNIMPLEMENTED: { code: 12, http: 501 },
  INTERNAL: { code: 13, http: 500 },
  UNAVAILABLE: { code: 14, http: 503 },
  UNAUTHENTICATED: { code: 16, http: 401 },
} as const;

export type CodeName = keyof typeof CODES;

export interface FieldViolation {
  /** Path of the field: "action.name". */
  field: string;
  /** What to change. */
  description: string;
}

export interface ErrorDetails {
  /** Stable, UPPER_SNAKE_CASE: what a client may switch on. */
  reason?: string;
  metadata?: Record<string, string>;
  violations?: FieldViolation[];
  retryAfterMs?: number;
}

/** An answer other than OK, to be thrown by a handler. The message is safe to show. */
export class StatusError extends Error {
  constructor(
    readonly status: CodeName,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    this.name = 'StatusError';
  }

  /** The error as google.rpc.Status, with typed details. */
  toStatus(): Status {
    const { reason, metadata, violations, retryAfterMs } = this.details;
    const details = [];
    if (reason) details.push(pack(ErrorInfoSchema, { reason, domain: 'countersign.dev', metadata: metadata ?? {} }));
    if (violations?.length) details.push(pack(BadRequestSchema, { fieldViolations: violations }));
    if (retryAfterMs !== undefined) {
      details.push(
        pack(RetryInfoSchema, {
          retryDelay: { seconds: BigInt(Math.floor(retryAfterMs / 1000)), nanos: (retryAfterMs % 1000) * 1e6 },
        }),
      );
    }
    return create(StatusSchema, { code: CODES[this.status].code, message: this.message, details });
  }

  /** The value of the grpc-status-details-bin trailer. */
  toDetailsBin(): Buffer {
    return Buffer.from(toBinary(StatusSchema, this.toStatus()));
  }
}

/** Bad input: every field that is wrong and what to change about it. */
export function invalidArgument(first: FieldViolation, ...others: FieldViolation[]): StatusError {
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return new StatusError('INVALID_ARGUMENT', `${first.field}: ${first.description}${more}`, {
    reason: 'INVALID_REQUEST',
    violations: [first, ...others],
  });
}

function pack<S extends DescMessage>(schema: S, value: MessageInitShape<S>) {
  return anyPack(schema, create(schema, value));
}
