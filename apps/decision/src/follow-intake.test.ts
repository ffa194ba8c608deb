import { afterAll, beforeAll, expect, it } from 'vitest';
import { Vote } from '@countersign/contract';
import { openPolicyHost, type PolicyHost } from '@countersign/policy';
import { parseSettings } from '@countersign/service';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ANA,
  approvals,
  BEN,
  CHANGING,
  LEE,
  newPlace,
  policies,
  SERVICE_TOKEN,
  startGate,
  upload,
  type Gate,
} from '../../../test/gate.js';
import { until } from '../../../test/until.js';
import { FIRST, release } from '../../../test/releases.js';
import { followIntake } from './follow-intake.js';

// A decision service with nothing but the address of intake, and intake as it runs.

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let dataDir: string;
const hosts: PolicyHost[] = [];

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate({ ...place, policies: CHANGING });
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-decision-'));
});
afterAll(async () => {
  hosts.forEach((host) => host.close());
  await gate?.stop();
  await place?.remove();
  await rm(dataDir, { recursive: true, force: true });
});

async function following(port: number): Promise<PolicyHost> {
  const settings = parseSettings({
    COUNTERSIGN_INTAKE_ADDRESS: `127.0.0.1:${port}`,
    COUNTERSIGN_SERVICE_TOKEN: SERVICE_TOKEN,
    COUNTERSIGN_DATA_DIR: dataDir,
  });
  const host = await openPolicyHost({ source: CHANGING, dataDir, log: () => undefined });
  hosts.push(host);
  await followIntake(host, settings);
  return host;
}

async function activate(name: string): Promise<string> {
  const { revision, archive } = release(name);
  await upload(gate, LEE, archive);
  const { decision } = await gate.grpc.call(BEN, policies.activateBundle, { revision });
  await gate.grpc.call(ANA, approvals.castVote, { id: decision!.id, vote: Vote.APPROVE });
  await gate.grpc.call(BEN, policies.activateBundle, { revision, decisionId: decision!.id });
  return revision;
}

it('serves what it started with until something is activated, and that at once from then on', async () => {
  const host = await following(gate.grpcPort);
  expect(host.revision).toBe(FIRST.revision);
  for (const name of ['two', 'three']) {
    const revision = await activate(name);
    await until('it serves', () => host.revision === revision, 1_500);
  }
  expect(host.warning()).toBeUndefined();
  // Whoever starts later has it from the first request on.
  expect((await following(gate.grpcPort)).revision).toBe(host.revision);
});

it('evaluates the candidate, until there is none', async () => {
  const host = hosts[0]!;
  const { revision, archive } = release('four');
  await upload(gate, LEE, archive);
  const candidate = () => host.bundles().find(({ role }) => role === 'candidate')?.revision;
  await gate.grpc.call(BEN, policies.setCandidate, { revision });
  await until('it is evaluated', () => candidate() === revision, 1_500);
  await gate.grpc.call(BEN, policies.clearCandidate, {});
  await until('it is not', () => candidate() === undefined, 1_500);
});

it('goes on with what it has while intake is away, says so, and catches up by itself', async () => {
  const host = hosts[0]!;
  const before = host.revision;
  await gate.stop();
  await until('it is missed', () => host.warning() !== undefined);
  expect(host.revision).toBe(before);
  // And so does one that starts now: what was kept serves.
  const late = await following(gate.grpcPort);
  expect(late.revision).toBe(before);
  expect(late.warning()).toContain('kept from before');
  gate = await startGate({ ...place, policies: CHANGING, ports: [gate.grpcPort, gate.httpPort] });
  const revision = await activate('five');
  await until('both have caught up', () => [host, late].every((one) => one.revision === revision), 5_000);
  await until('nothing is missed', () => [host, late].every((one) => one.warning() === undefined), 5_000);
});
