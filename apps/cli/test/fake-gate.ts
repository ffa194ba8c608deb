import { create, type DescMessage, type Message, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { ApprovalViewSchema, SERVICES, serviceDefinition, StatusError } from '@countersign/contract';

// The gate's edge: the real contract over a real socket, with answers a test chooses and requests it can look at.

type Reply = Message | Error | ((request: Message) => Message | Error);

export interface FakeGate {
  address: string;
  /** "CastVote" -> the requests it got. */
  seen: Map<string, Message[]>;
  /** The authorization header of the newest call. */
  authorization: () => string | undefined;
  answer(method: string, ...replies: Reply[]): void;
  stop(): Promise<void>;
}

export async function startFakeGate(): Promise<FakeGate> {
  const seen = new Map<string, Message[]>();
  const replies = new Map<string, Reply[]>();
  let authorization: string | undefined;
  const server = new Server();
  const note = (name: string, call: { request: Message; metadata: Metadata }) => {
    seen.set(name, [...(seen.get(name) ?? []), call.request]);
    authorization = call.metadata.get('authorization')[0]?.toString();
    const found = replies.get(name) ?? [new StatusError('UNIMPLEMENTED', `${name} has no answer in this test`)];
    return found.map((reply) => (typeof reply === 'function' ? reply(call.request) : reply));
  };
  for (const service of Object.values(SERVICES)) {
    const definition = serviceDefinition(service);
    const handlers = Object.entries(definition).map(([name, { responseStream }]) => [
      name,
      responseStream
        ? (call: ServerWritableStream<Message, Message>) => {
            for (const reply of note(name, call)) {
              if (reply instanceof Error) return void call.emit('error', toServiceError(reply));
              call.write(reply);
            }
            call.end();
          }
        : (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
            const [reply] = note(name, call);
            if (reply instanceof Error) done(toServiceError(reply));
            else done(null, reply!);
          },
    ]);
    server.addService(definition, Object.fromEntries(handlers));
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    address: `127.0.0.1:${port}`,
    seen,
    authorization: () => authorization,
    answer: (method, ...given) => void replies.set(method, given),
    stop: async () => server.forceShutdown(),
  };
}

export function message<S extends DescMessage>(schema: S, value: MessageInitShape<S>): MessageShape<S> {
  return create(schema, value);
}

/** A held deletion with a hostile justification. */
export function heldView(changes: Omit<MessageInitShape<typeof ApprovalViewSchema>, '$typeName' | '$unknown'> = {}) {
  return create(ApprovalViewSchema, {
    id: 'dec_01',
    decision: {
      id: 'dec_01',
      state: 1,
      actionDigest: '9f3ac210AAAA',
      risk: { level: 'high', score: 70 },
      approval: { seats: [{ group: 'dba', count: 1, filled: 0 }] },
    },
    card: {
      risk: '▲ HIGH RISK',
      headline: 'Delete 12,480 rows from prod.orders',
      who: 'release-bot (owner Sam Ortiz)',
      why: ['deletes 12480 rows (bulk-delete)'],
      payload: 'rows: 12480',
      agentSays: 'cleanup \u001b[2J\u001b[1;1HAPPROVED BY DANA \u009b31m\u202Egnp',
      effect: 'Approving lets this exact call run once.',
      progress: '0 of 1',
      digest: 'card-digest',
    },
    canVote: true,
    ...changes,
  });
}

function toServiceError(error: Error) {
  if (!(error instanceof StatusError)) return Object.assign(error, { code: status.INTERNAL });
  const metadata = new Metadata();
  const bytes = error.toDetailsBin();
  metadata.set('grpc-status-details-bin', bytes);
  return Object.assign(new Error(error.message), { code: error.toStatus().code, details: error.message, metadata });
}
