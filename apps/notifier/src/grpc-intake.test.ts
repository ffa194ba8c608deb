import { ApprovalService, serviceDefinition, type CastVoteRequest } from '@countersign/contract';
import { Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GrpcIntake } from './grpc-intake.js';
import type { Cast } from './voting.js';

const CAST: Cast = {
  id: 'dec_1',
  vote: 'deny',
  reason: 'no',
  seen_digest: 'd',
  card_digest: 'c',
  account: { channel: 'slack', account: 'T0ACME/U0DANA' },
};

let server: Server;
let intake: GrpcIntake;
let answer: status;
let heard: { authorization: unknown; request: CastVoteRequest } | undefined;

beforeEach(async () => {
  heard = undefined;
  answer = status.OK;
  const castVote: handleUnaryCall<CastVoteRequest, object> = ({ metadata, request }, reply) => {
    heard = { authorization: metadata.get('authorization')[0], request };
    if (answer === status.OK) reply(null, { id: 'dec_1' });
    else reply({ code: answer, details: 'somebody else has to decide' });
  };
  server = new Server();
  server.addService(serviceDefinition(ApprovalService), { CastVote: castVote });
  const credentials = ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  intake = new GrpcIntake({ address: `127.0.0.1:${port}`, token: 'service-token' });
});

afterEach(() => {
  intake.close();
  server.forceShutdown();
});

test('a vote goes to intake in the name of the notifier, with the account that clicked', async () => {
  expect(await intake.castVote(CAST)).toEqual({ ok: true });
  expect(heard).toMatchObject({
    authorization: 'Bearer service-token',
    request: {
      id: 'dec_1',
      vote: 2,
      reason: 'no',
      seenDigest: 'd',
      cardDigest: 'c',
      chatAccount: { channel: 'slack', account: 'T0ACME/U0DANA' },
    },
  });
});

test('leave for further actions goes with the vote', async () => {
  await intake.castVote({ ...CAST, vote: 'approve', session: { count: 5, expires_in_s: 1_200 } });
  expect(heard).toMatchObject({ request: { session: { count: 5, expiresIn: { seconds: 1_200n } } } });
});

test.each([['PERMISSION_DENIED'], ['FAILED_PRECONDITION'], ['ABORTED'], ['INVALID_ARGUMENT']] as const)(
  '%s is a refusal with words for the person',
  async (name) => {
    answer = status[name];
    expect(await intake.castVote(CAST)).toEqual({ refused: 'somebody else has to decide' });
  },
);

test('a wrong service token is the fault of the operator and is never told to the person', async () => {
  answer = status.UNAUTHENTICATED;
  await expect(intake.castVote(CAST)).rejects.toMatchObject({ code: 'intake-unavailable' });
});

test('intake being away is a fault that may be tried again', async () => {
  server.forceShutdown();
  await expect(intake.castVote(CAST)).rejects.toMatchObject({ code: 'intake-unavailable', retryable: true });
});
