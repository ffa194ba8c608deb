import type { Beside, Place } from '@countersign/approval';
import {
  ApprovalService,
  Fault,
  PeopleService,
  serviceDefinition,
  type GetBesideResponse,
  type PresentLinkCodeResponse,
} from '@countersign/contract';
import { Client, Metadata, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { fromBeside, type BesideReader } from './beside.js';
import { toLinkRequest, type LinkCode, type Linking } from './linking.js';
import { isRefusalStatus, toRequest, type Answer, type Cast, type Voting } from './voting.js';

/** Longest time one try at a vote may take. */
const VOTE_MS = 5_000;
const LINK_MS = 2_500;
/** People are asked without it rather than late. */
const BESIDE_MS = 2_500;

/** All that the notifier asks of intake, over gRPC and in its own name. */
export class GrpcIntake implements Voting, Linking, BesideReader {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(options: { address: string; token: string }) {
    this.#client = new Client(options.address, credentials.createInsecure());
    this.#metadata.set('authorization', `Bearer ${options.token}`);
  }

  async castVote(cast: Cast): Promise<Answer> {
    try {
      await this.#call(ApprovalService, 'CastVote', toRequest(cast), VOTE_MS);
      return { ok: true };
    } catch (error) {
      const { code, details } = error as ServiceError;
      if (isRefusalStatus(status[code])) return { refused: details };
      throw unreachable(error as ServiceError);
    }
  }

  async present(code: LinkCode): Promise<string> {
    const request = toLinkRequest(code);
    const { text } = await this.#call<PresentLinkCodeResponse>(PeopleService, 'PresentLinkCode', request, LINK_MS);
    return text;
  }

  async beside(id: string, place: Place): Promise<Beside> {
    const request = { id, ...place };
    return fromBeside(await this.#call<GetBesideResponse>(ApprovalService, 'GetBeside', request, BESIDE_MS));
  }

  /** Rejects with grpc-js's ServiceError. */
  #call<Response>(
    service: typeof ApprovalService | typeof PeopleService,
    name: string,
    request: object,
    withinMs: number,
  ): Promise<Response> {
    const { path, requestSerialize, responseDeserialize } = serviceDefinition(service)[name]!;
    const deadline = Date.now() + withinMs;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        { deadline },
        (error, answer) => (error ? reject(error) : resolve(answer as Response)),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}

function unreachable(cause: ServiceError): Fault {
  const retryable =
    cause.code === status.UNAVAILABLE ||
    cause.code === status.DEADLINE_EXCEEDED ||
    cause.code === status.RESOURCE_EXHAUSTED;
  return new Fault('intake-unavailable', `intake did not take the vote: ${status[cause.code]}`, { cause, retryable });
}
