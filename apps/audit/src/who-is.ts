import { hash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { ROLES, SCOPES } from '@countersign/approval';
import { PeopleService, serviceDefinition, StatusError, type WhoIsResponse } from '@countersign/contract';
import { sameToken, type Caller } from '@countersign/directory';
import type { Authenticate } from '@countersign/service';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';

const { whoIs } = PeopleService.method;
/** For how long an answer is believed. Whoever is signed out or disabled reads on for no longer than this. */
const BELIEVED_MS = 5_000;
const PATIENCE_MS = 3_000;
/** Left alone, a client would look for an intake that is back after two minutes. */
const LONGEST_BACKOFF_MS = 1_000;
const MOST_KEPT = 10_000;

export interface WhoIsOptions {
  /** host:port. */
  address: string;
  serviceToken: string;
  patienceMs?: number;
  now?: () => number;
}

/** Whose a credential is, as intake knows it: the one place where tokens, sign-ins and people of all sources come together. */
export class WhoIs {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  readonly #isService: (token: string) => boolean;
  readonly #answers = new Map<string, { until: number; caller: Promise<Caller | undefined> }>();
  readonly #patienceMs: number;
  readonly #now: () => number;

  constructor({ address, serviceToken, patienceMs = PATIENCE_MS, now = Date.now }: WhoIsOptions) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': LONGEST_BACKOFF_MS,
    });
    this.#metadata.set('authorization', `Bearer ${serviceToken}`);
    this.#isService = sameToken(serviceToken);
    this.#patienceMs = patienceMs;
    this.#now = now;
  }

  /** Rejects with StatusError UNAVAILABLE when intake does not answer: who is not known reads nothing. */
  readonly authenticate: Authenticate<Caller> = (token) => {
    if (this.#isService(token)) return { kind: 'service', id: 'peer' };
    const key = hash('sha256', token, 'base64');
    const known = this.#answers.get(key);
    if (known && known.until > this.#now()) return this.#inTime(known.caller);
    if (this.#answers.size >= MOST_KEPT) this.#answers.clear();
    const caller = this.#ask(token, key);
    this.#answers.set(key, { until: this.#now() + BELIEVED_MS, caller });
    caller.catch(() => this.#answers.delete(key));
    return this.#inTime(caller);
  };

  /** A credential that ends while its answer is believed ends when it says. */
  async #inTime(answer: Promise<Caller | undefined>): Promise<Caller | undefined> {
    const caller = await answer;
    const until = caller?.kind === 'service' ? undefined : caller?.until;
    return until !== undefined && until <= this.#now() ? undefined : caller;
  }

  close(): void {
    this.#client.close();
  }

  #ask(token: string, key: string): Promise<Caller | undefined> {
    const signed = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
    const request = create(whoIs.input, signed ? { jwt: token } : { tokenSha256: Buffer.from(key, 'base64') });
    const path = serviceDefinition(PeopleService)[whoIs.name]!.path;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        (message: typeof request) => Buffer.from(toBinary(whoIs.input, message)),
        (bytes: Buffer) => fromBinary(whoIs.output, bytes),
        request,
        this.#metadata,
        { deadline: Date.now() + this.#patienceMs },
        (error, answer) => {
          if (error || !answer) reject(error && REFUSALS.has(error.code) ? refusedUs() : noAnswer());
          else resolve(callerIn(answer));
        },
      );
    });
  }
}

const REFUSALS = new Set([status.UNAUTHENTICATED, status.PERMISSION_DENIED]);

function noAnswer(): StatusError {
  return new StatusError('UNAVAILABLE', 'intake, which knows who is who, does not answer: try again', {
    reason: 'INTAKE_UNAVAILABLE',
    retryAfterMs: 1_000,
  });
}

/** Trying again would not help, and the caller's credential may be in order: this is for the operator. */
function refusedUs(): StatusError {
  const text = 'intake does not take the token of this service: give both the same COUNTERSIGN_SERVICE_TOKEN';
  return new StatusError('UNAVAILABLE', text, { reason: 'INTAKE_REFUSES' });
}

/** Throws nothing and believes nothing it does not know: a role of a later version is none here. */
function callerIn({ known, caller, mayAssertSubjects, guest }: WhoIsResponse): Caller | undefined {
  if (!known || !caller) return undefined;
  const { id, name, groups, expiresAt } = caller;
  const scopes = SCOPES.filter((scope) => caller.scopes.includes(scope));
  const limited = { scopes, ...(expiresAt ? { until: timestampMs(expiresAt) } : {}) };
  if (caller.kind === 'agent') return { kind: 'agent', id, may_assert_subjects: mayAssertSubjects, ...limited };
  if (caller.kind !== 'person') return undefined;
  const roles = ROLES.filter((role) => caller.roles.includes(role));
  return { kind: 'person', id, person: { id, name, groups, roles, guest }, ...limited };
}
