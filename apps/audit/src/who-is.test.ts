import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { MemoryBus } from '@countersign/bus';
import { AuditService, EVENTS_TOPIC, PeopleService } from '@countersign/contract';
import { Metrics, Readiness, startService } from '@countersign/service';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BOT,
  bulkDelete,
  decisions,
  newPlace,
  People,
  SERVICE_TOKEN,
  startGate,
  type Gate,
} from '../../../test/gate.js';
import { CLIENT, startIdentityProvider, type IdentityProvider } from '../../../test/identity-provider.js';
import { freePorts } from '../../../tools/services/ports.mjs';
import { ScimClient, TOKEN as SCIM_TOKEN } from '../../../test/scim-client.js';
import { Grpc, http } from '../../../test/wire.js';
import { auditModule, auditEndpoints } from './audit.module.js';
import { WhoIs, type WhoIsOptions } from './who-is.js';

const API = 'https://gate.example/api';
const { createToken, revokeToken } = PeopleService.method;
const KIM = 'kim@idp.example';

let place: Awaited<ReturnType<typeof newPlace>>;
let provider: IdentityProvider;
let gate: Gate;
let audit: Awaited<ReturnType<typeof startAudit>>;
let scim: ScimClient;
const people = new People();
/** Every secret that was presented: none of them may be in a log. */
const presented = new Set<string>([SERVICE_TOKEN, SCIM_TOKEN]);
let who: WhoIs;
let nowMs = Date.now();
let ports: number[];

/** Asks another intake, or in another way, than before. */
function ask(options: Partial<WhoIsOptions> = {}): void {
  who?.close();
  const address = `127.0.0.1:${ports[0]}`;
  who = new WhoIs({ address, serviceToken: SERVICE_TOKEN, now: () => nowMs, ...options });
}

beforeAll(async () => {
  place = await newPlace();
  ports = await freePorts(3);
  provider = await startIdentityProvider(ports[2]!, ['http://127.0.0.1/sign-in/callback']);
  gate = await startIntake();
  audit = await startAudit();
  scim = new ScimClient(gate.httpPort);
  await scim.user(KIM, { displayName: 'Kim Ode', roles: [{ value: 'auditor' }] });
  await gate.grpc.call(BOT, decisions.decide, bulkDelete());
  const { rows } = await place.admin.query<{ decision_id: string; body: Buffer }>(
    'select decision_id, body from events',
  );
  const messages = rows.map(({ decision_id: key, body: value }) => ({ key, value, headers: {} }));
  ask();
  await audit.bus.publish(EVENTS_TOPIC, messages);
  await vi.waitFor(async () => expect((await read(SERVICE_TOKEN)).entries).toHaveLength(messages.length));
});
afterAll(async () => {
  who?.close();
  await audit?.stop();
  await gate?.stop();
  await provider?.stop();
  await place?.remove();
});
beforeEach(() => ask());

const read = (token: string, path = '/v1/entries') => {
  presented.add(token);
  return http(audit.httpPort, token, path) as Promise<{ entries: object[] }>;
};

const accessToken = (sub: string, exp = 300) => {
  const now = Math.floor(Date.now() / 1000);
  return provider.sign({ iss: provider.issuer, aud: API, sub, iat: now, exp: now + exp, jti: String(Math.random()) });
};

const tokenOf = async (person: string, scopes: string[]) => {
  const { secret, token } = await gate.grpc.call(person, createToken, { name: 'reads', scopes });
  presented.add(secret);
  return { secret, id: token!.id };
};

describe('the record is read, at a service that has no directory of its own,', () => {
  it('by an auditor whom only SCIM knows', async () => {
    expect((await read(await accessToken(KIM))).entries.length).toBeGreaterThan(0);
  });

  it('by an auditor with an API token made for it, over gRPC and as JSON', async () => {
    const { secret } = await tokenOf('cs_dev_dana', ['record']);
    const all = (await read(secret)).entries.length;
    const exported = [];
    for await (const entry of audit.grpc.watch(secret, AuditService.method.export, {})) exported.push(entry);
    expect([exported.length, all > 0]).toEqual([all, true]);
  });

  it('by an agent as far as it asked itself', async () => {
    await expect(read(BOT)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', reason: 'NOT_YOUR_DECISION' });
  });
});

describe('it is not read by', () => {
  it('an auditor whose token is for something else, or somebody without the role', async () => {
    const { secret } = await tokenOf('cs_dev_dana', ['vote']);
    await expect(read(secret)).rejects.toMatchObject({ reason: 'ROLE_REQUIRED' });
    await scim.user('lou@idp.example');
    await expect(read(await accessToken('lou@idp.example'))).rejects.toMatchObject({ reason: 'ROLE_REQUIRED' });
  });

  it('whoever nobody knows, without intake having heard the credential', async () => {
    await expect(read('cs_nobody-has-made-this')).rejects.toMatchObject({ reason: 'UNKNOWN_CREDENTIAL' });
    await expect(read(await accessToken('mallory@evil.example'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('a token that was revoked, five seconds later at the latest', async () => {
    const { secret, id } = await tokenOf('cs_dev_dana', ['record']);
    await read(secret);
    await gate.grpc.call('cs_dev_dana', revokeToken, { id });
    nowMs += 5_000;
    await expect(read(secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason: 'UNKNOWN_CREDENTIAL' });
  });

  it('a token that ends while an answer about it is believed', async () => {
    const { secret } = await tokenOf('cs_dev_dana', ['record']);
    const caller = await who.authenticate(secret);
    nowMs = (caller as { until: number }).until - 1_000;
    await read(secret);
    nowMs += 1_000;
    await expect(read(secret)).rejects.toMatchObject({ reason: 'UNKNOWN_CREDENTIAL' });
    nowMs = Date.now();
  });

  it('a person whom SCIM has disabled, or taken the role from', async () => {
    const noa = await scim.user('noa@idp.example', { roles: [{ value: 'approver' }, { value: 'auditor' }] });
    const token = await accessToken('noa@idp.example');
    await read(token);
    await scim.patch(`/Users/${noa.id}`, [{ op: 'Remove', path: 'roles[value eq "auditor"]' }]);
    nowMs += 5_000;
    await expect(read(token)).rejects.toMatchObject({ reason: 'ROLE_REQUIRED' });
    const { rows } = await place.admin.query<{ body: Buffer }>('select body from events where decision_id = $1', [
      noa.id,
    ]);
    const roles = rows.map(({ body }) => (JSON.parse(body.toString()) as { data: { roles: string[] } }).data.roles);
    expect(roles).toEqual([['approver', 'auditor'], ['approver']]);
    await scim.patch(`/Users/${noa.id}`, [{ op: 'Replace', path: 'active', value: false }]);
    nowMs += 5_000;
    await expect(read(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('a person whom the file has disabled', async () => {
    const { secret } = await tokenOf('cs_dev_ana', ['record']);
    await read(secret);
    await people.changed(
      (text) => text.replace('    name: Ana Roy\n', '    name: Ana Roy\n    disabled: true\n'),
      async () => {
        nowMs += 5_000;
        await expect(read(secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      },
    );
  });
});

describe('while intake cannot be asked, nobody reads, when', () => {
  it('it is slow: the answer comes in time, says so, and nothing is believed of it later', async () => {
    const mute = await muteServer();
    ask({ address: `127.0.0.1:${mute.port}`, patienceMs: 150 });
    const problem = { code: 'UNAVAILABLE', reason: 'INTAKE_UNAVAILABLE', message: expect.stringContaining('intake') };
    for (const token of ['cs_dev_dana', await accessToken(KIM)])
      await expect(read(token)).rejects.toMatchObject(problem);
    await mute.stop();
  });

  it('it does not take our token: that is for the operator, and no credential is called unknown', async () => {
    ask({ serviceToken: 'another-service-token-0123456789abcdef' });
    await expect(read('cs_dev_dana')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'INTAKE_REFUSES',
      message: expect.stringContaining('COUNTERSIGN_SERVICE_TOKEN'),
    });
    // An agent's key is no service token either, so that no agent learns whose a credential is.
    ask({ serviceToken: BOT });
    await expect(read('cs_dev_dana')).rejects.toMatchObject({ code: 'UNAVAILABLE', reason: 'INTAKE_REFUSES' });
  });

  it('it is down, once what it has said is too old; and the moment it is back, they do', async () => {
    const { secret } = await tokenOf('cs_dev_dana', ['record']);
    await read(secret);
    await gate.stop();
    expect((await read(secret)).entries.length).toBeGreaterThan(0);
    nowMs += 5_000;
    await expect(read(secret)).rejects.toMatchObject({ code: 'UNAVAILABLE', reason: 'INTAKE_UNAVAILABLE' });
    await expect(read('cs_dev_dana')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    gate = await startIntake();
    await vi.waitFor(() => read(secret), { timeout: 10_000 });
  });
});

it('no credential is in the log of either', async () => {
  const logged = gate.log() + audit.log();
  expect(logged).not.toBe('');
  for (const secret of presented) expect(logged).not.toContain(secret);
});

function startIntake(): Promise<Gate> {
  const env = {
    COUNTERSIGN_SCIM_TOKEN: SCIM_TOKEN,
    COUNTERSIGN_SCIM_ROLES: 'roles',
    COUNTERSIGN_OIDC_ISSUER: provider.issuer,
    COUNTERSIGN_OIDC_CLIENT_ID: CLIENT.id,
    COUNTERSIGN_OIDC_CLIENT_SECRET: CLIENT.secret,
    COUNTERSIGN_OIDC_AUDIENCE: API,
  };
  return startGate({ ...place, directory: people, env, ports: [ports[0]!, ports[1]!] });
}

async function startAudit() {
  const bus = new MemoryBus();
  const [httpPort, grpcPort] = await freePorts(2);
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
  const [metrics, readiness] = [new Metrics(), new Readiness()];
  const keyPath = join(place.dataDir, 'keys', 'checkpoint.pem');
  const running = await startService({
    module: auditModule(
      { databaseUrl: place.databaseUrl, origin: 'example/ledger', keyPath },
      { bus, log, metrics, readiness },
    ),
    endpoints: (app) => auditEndpoints(app, (token) => who.authenticate(token)),
    ...{ bind: '127.0.0.1', httpPort: httpPort!, grpcPort: grpcPort!, log, metrics, readiness },
  });
  const grpc = new Grpc(grpcPort!);
  return {
    bus,
    grpc,
    httpPort: httpPort!,
    log: () => lines.join(''),
    stop: async () => {
      grpc.close();
      await running.stop();
      await bus.close();
    },
  };
}

/** Takes connections and says nothing. */
async function muteServer() {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
