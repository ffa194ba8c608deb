/**
 * The world broke: a dependency is down, a reply is malformed. Thrown, never returned; a refusal by the rules is a value
 * instead. The message is safe to show; the cause is for the log only.
 */
export class Fault<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    options: { cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.retryable = options.retryable ?? false;
  }

  readonly retryable: boolean;
}
