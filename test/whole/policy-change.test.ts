import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Vote } from '@countersign/contract';
import { countersign } from '../../apps/cli/test/terminal-run.js';
import { ANA, approvals, BEN, BOT, CHANGING, decisions, READ, startOwnGate, type OwnGate } from '../gate.js';
import { until } from '../until.js';
import { release } from '../releases.js';

// A policy is changed from a terminal, against intake as it runs.

let gate: OwnGate;

beforeAll(async () => void (gate = await startOwnGate({ policies: CHANGING })));
afterAll(() => gate?.stop());

const policy = (token: string, ...args: string[]) =>
  countersign(['policy', ...args], {
    env: {
      COUNTERSIGN_ADDRESS: `127.0.0.1:${gate.grpcPort}`,
      COUNTERSIGN_HTTP_ADDRESS: `127.0.0.1:${gate.httpPort}`,
      COUNTERSIGN_TOKEN: token,
    },
  });
const approve = (id: string) => gate.grpc.call(ANA, approvals.castVote, { id, vote: Vote.APPROVE });
const answersAs = async () => (await gate.grpc.call(BOT, decisions.decide, READ)).reasons[0]?.rule;
const idIn = (text: string) => /dec_[0-9a-z]{26}/.exec(text)![0];

async function push(name: string): Promise<string> {
  const { revision, archive } = release(name);
  const file = join(gate.dataDir, `${name}.tar.gz`);
  await writeFile(file, archive);
  const { code, stdout, stderr } = await policy(BEN, 'push', file, '--note', `is ${name}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(revision);
  return revision.slice(0, 19);
}

describe('from a terminal', () => {
  let two: string;

  it('a bundle is pushed, and says what it changes and what to do next', async () => {
    two = await push('two');
    const { code, stdout } = await policy(BEN, 'bundles');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^serving .*\n/);
    expect(stdout).toContain('data changed');
    const one = await policy(BEN, 'bundles', two.slice(7));
    expect(one.stdout).toMatch(/note +is two/);
    const again = await policy(ANA, 'push', join(gate.dataDir, 'two.tar.gz'));
    expect(again.stdout).toContain('was there already');
  });

  it('it is activated once people have approved, with the decision they approved', async () => {
    const asked = await policy(BEN, 'activate', two, '--reason', 'tried for a week');
    expect(asked.code).toBe(4);
    expect(asked.stdout).toContain('PENDING');
    const id = idIn(asked.stdout);
    expect(asked.stdout).toContain(`countersign policy activate ${two} --decision ${id}`);
    await approve(id);
    const done = await policy(BEN, 'activate', two, '--decision', id);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^serves/);
    expect(await answersAs()).toBe('release-two');
    expect(await policy(BEN, 'activate', two, '--decision', id)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('has been used') as string,
    });
  });

  it('or goes on by itself when it waits for them', async () => {
    const three = await push('three');
    const waiting = policy(BEN, 'activate', three, '--wait', '1m', '--json');
    let id = '';
    await until('people are asked', async () => {
      const { approvals: asked } = await gate.grpc.call(ANA, approvals.listApprovals, {});
      id = asked[0]?.id ?? '';
      return id !== '';
    });
    await approve(id);
    const { code, stdout } = await waiting;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ activated: true, bundle: { active: true }, decision: { id } });
    expect(await answersAs()).toBe('release-three');
  });

  it('and taken back', async () => {
    const asked = await policy(BEN, 'rollback', '--reason', 'too much is held');
    expect(asked.code).toBe(4);
    const id = idIn(asked.stdout);
    await approve(id);
    expect((await policy(BEN, 'rollback', '--decision', id)).code).toBe(0);
    expect(await answersAs()).toBe('release-two');
  });

  it('one is tried beside it, and reported on', async () => {
    const four = await push('four');
    expect((await policy(BEN, 'shadow')).stdout).toContain('no candidate');
    expect((await policy(BEN, 'shadow', 'set', four)).stdout).toMatch(/^candidate/);
    await until('it is compared', async () => {
      await answersAs();
      const { stdout } = await policy(BEN, 'shadow', 'report', '--json');
      return Number((JSON.parse(stdout) as { compared: string }).compared) > 0;
    });
    const { stdout } = await policy(BEN, 'shadow', 'report');
    expect(stdout).toContain(`${four} beside ${two}`);
    expect(stdout).toContain('allow (release-two) → allow (release-four)');
    expect((await policy(BEN, 'shadow', 'clear')).code).toBe(0);
  });

  it.each<[string, string[], number, RegExp]>([
    ['a revision that is none', ['activate', 'latest'], 2, /is not a revision/],
    ['too little of one', ['activate', '1f3a'], 2, /at least 8 digits/],
    ['one that nobody has', ['bundles', '0'.repeat(12)], 2, /no bundle whose revision begins/],
    ['a whole one that nobody has', ['activate', `sha256:${'0'.repeat(64)}`], 1, /upload it first/],
    ['what serves already', ['activate', release('two').revision], 3, /serves already/],
    ['half a word for shadow', ['shadow', 'set'], 2, /policy shadow set <revision>/],
    ['a file that is not there', ['push', '/nowhere/bundle.tar.gz'], 2, /cannot be read/],
  ])('%s is refused, and says what to change', async (_, args, code, message) => {
    const result = await policy(BEN, ...args);
    expect(result.stderr).toMatch(message);
    expect(result.code).toBe(code);
  });

  it('a file that is no bundle is refused by the service, which says why', async () => {
    const file = join(gate.dataDir, 'nonsense');
    await writeFile(file, 'nonsense');
    expect(await policy(BEN, 'push', file)).toMatchObject({
      stderr: expect.stringMatching(/cannot be read/) as string,
    });
    expect((await policy(BOT, 'push', file)).stderr).toContain('agents and services do not change policy');
  });

  it.each(['push', 'bundles', 'shadow', 'activate', 'rollback'])('policy %s explains itself', async (name) => {
    const { code, stdout } = await policy(BEN, name, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`countersign policy ${name}`);
  });
});
