import type { Beside, Place } from '@countersign/approval';
import { ApprovalService, serviceDefinition, type GetBesideResponse } from '@countersign/contract';
import { Client, Metadata, credentials } from '@grpc/grpc-js';

/** Where it is known what stands beside a request, as everybody in a conversation may read it. */
export interface BesideReader {
  beside(id: string, place: Place): Promise<Beside>;
}

/** What the card takes of the answer. */
export function fromBeside({ justBefore, similar }: Pick<GetBesideResponse, 'justBefore' | 'similar'>): Beside {
  return { just_before: justBefore, similar };
}

/** People are asked without it rather than late. */
const DEADLINE_MS = 2_500;

/** Over gRPC, in the notifier's own name. */
export class GrpcBeside implements BesideReader {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(options: { address: string; token: string }) {
    this.#client = new Client(options.address, credentials.createInsecure());
    this.#metadata.set('authorization', `Bearer ${options.token}`);
  }

  beside(id: string, place: Place): Promise<Beside> {
    const method = serviceDefinition(ApprovalService)['GetBeside']!;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        { id, ...place },
        this.#metadata,
        { deadline: Date.now() + DEADLINE_MS },
        (error, answer) => (error ? reject(error) : resolve(fromBeside(answer as GetBesideResponse))),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
