import { PeopleService, serviceDefinition, type PresentLinkCodeResponse } from '@countersign/contract';
import { Client, Metadata, credentials } from '@grpc/grpc-js';

/** A code that a person wrote to the bot, with whose it is to be, and who wrote it as the channel has verified. */
export interface LinkCode {
  code: string;
  person: string;
  account: { channel: 'slack' | 'teams'; account: string };
  /** In the chat system's words. */
  account_name: string;
  workspace: string;
}

/** Where chat accounts are linked to people. The answer is for whoever wrote the code. */
export interface Linking {
  present(code: LinkCode): Promise<string>;
}

/** The request as intake takes it. */
export function toLinkRequest({ code, person, account, account_name, workspace }: LinkCode) {
  return { code, person, chatAccount: account, accountName: account_name, workspace };
}

const DEADLINE_MS = 2_500;

/** Codes over gRPC, in the notifier's own name. */
export class GrpcLinking implements Linking {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(options: { address: string; token: string }) {
    this.#client = new Client(options.address, credentials.createInsecure());
    this.#metadata.set('authorization', `Bearer ${options.token}`);
  }

  present(code: LinkCode): Promise<string> {
    const method = serviceDefinition(PeopleService)['PresentLinkCode']!;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        toLinkRequest(code),
        this.#metadata,
        { deadline: Date.now() + DEADLINE_MS },
        (error, answer) => (error ? reject(error) : resolve((answer as PresentLinkCodeResponse).text)),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
