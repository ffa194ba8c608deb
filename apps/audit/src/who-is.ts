import { hash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { ROLES, SCOPES } from '@countersign/approval';
import { PeopleService, serviceDefinition, StatusError, type WhoIsResponse } from '@countersign/contract';
import { sameToken, type Caller } from '@countersign/directory';
import type { Authenticate } from '@countersign/service';
import { Client, credentials, Metadata } from '@grpc/grpc-js';

const { whoIs } = PeopleService.method;
/** For how long an answer is believed. Whoever is signed out or disabled reads on for no longer than this. */
const BELIEVED_MS = 5_000;
const PATIENCE_MS = 3_000;
const MOST_KEPT = 10_000;

/** Whose a credential is, as intake knows it: the one place where tokens, sign-ins and people of all sources come together. */
export class WhoIs {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  readonly #isService: (token: string) => boolean;
  readonly #answers = new Map<string, { until: number; caller: Promise<Caller | undefined> }>();

  constructor(options: { address: string; serviceToken: string }) {
    this.#client = new Client(options.address, credentials.createInsecure());
    this.#metadata.set('authorization', `Bearer ${options.serviceToken}`);
    this.#isService = sameToken(options.serviceToken);
  }

  /** Rejects with StatusError UNAVAILABLE when intake does not answer: who is not known reads nothing. */
  readonly authenticate: Authenticate<Caller> = (token) => {
    if (this.#isService(token)) return { kind: 'service', id: 'peer' };
    const key = hash('sha256', token, 'base64');
    const now = Date.now();
    const known = this.#answers.get(key);
    if (known && known.until > now) return known.caller;
    if (this.#answers.size >= MOST_KEPT) this.#answers.clear();
    const caller = this.#ask(token, key);
    this.#answers.set(key, { until: now + BELIEVED_MS, caller });
    caller.catch(() => this.#answers.delete(key));
    return caller;
  };

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
        { deadline: Date.now() + PATIENCE_MS },
        (error, answer) => {
          if (error || !answer)
            reject(
              new StatusError('UNAVAILABLE', 'intake, which knows who is who, does not answer: try again', {
                reason: 'INTAKE_UNAVAILABLE',
                retryAfterMs: 1_000,
              }),
            );
          else resolve(callerIn(answer));
        },
      );
    });
  }
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
