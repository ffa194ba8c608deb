import { State } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countersign } from '../../apps/cli/test/terminal-run.js';
import {
  ANA,
  ANYTHING,
  approvals,
  BOT,
  DANA,
  decisions,
  eventsOf,
  HOLD,
  LEE,
  startOwnGate,
  SUPPORT,
  type OwnGate,
} from '../gate.js';

// Requests like each other, laid side by side and voted on one by one.

let gate: OwnGate;

beforeAll(async () => void (gate = await startOwnGate({ policies: ANYTHING })));
afterAll(() => gate?.stop());
beforeEach(() => gate.admin.query('delete from decisions'));

const hold = async (rows: number, agent = BOT, approval: object = {}) => {
  const answer = { ...HOLD, approval: { ...HOLD.approval, ...approval } };
  const { id, actionDigest } = await gate.grpc.call(agent, decisions.decide, {
    action: { name: 'db.delete' },
    argumentsForm: { case: 'argumentsJson', value: JSON.stringify({ rows, secret: `s${rows}` }) },
    resource: { type: 'table', id: 'prod.orders' },
    contextForm: { case: 'contextJson', value: JSON.stringify({ answer }) },
  });
  return { id, actionDigest };
};
const as = (token: string, ...args: string[]) => [
  ...args,
  ...['--address', `127.0.0.1:${gate.grpcPort}`, '--token', token],
];
const stateOf = async (id: string) => (await gate.grpc.call(BOT, decisions.getDecision, { id })).state;
const grouped = (token: string, request = {}) => gate.grpc.call(token, approvals.listApprovalGroups, request);

describe('approvals in groups', () => {
  it('say what differs, the largest first, and which digest a vote must name', async () => {
    const [few, many] = [await hold(20), await hold(4000)];
    await hold(7, SUPPORT);
    const { groups, incomplete } = await grouped(DANA);
    expect(incomplete).toBe(false);
    expect(groups.map(({ subject, approvals: all }) => [subject?.id, all.length])).toEqual([
      ['release-bot', 2],
      ['support-bot', 1],
    ]);
    expect(groups[0]).toMatchObject({
      differ: ['/arguments/rows', '/arguments/secret'],
      approvals: [
        { id: many.id, actionDigest: many.actionDigest, values: ['4,000', 's4000'] },
        { id: few.id, actionDigest: few.actionDigest, values: ['20', 's20'] },
      ],
    });
    expect(await gate.http(DANA, `/v1/approval-groups?containing=${few.id}`)).toMatchObject({
      groups: [{ subject: { id: 'release-bot' }, differ: ['/arguments/rows', '/arguments/secret'] }],
    });
  });

  it('show nothing that policy hides, and nothing to those who have no part in it', async () => {
    const { id } = await hold(1, BOT, { redact: ['/arguments/secret', '/context'] });
    await hold(2);
    const { groups } = await grouped(DANA);
    expect(
      JSON.stringify(groups, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    ).not.toMatch(/"s[12]"|secret/);
    expect((await grouped(LEE)).groups).toEqual([]);
    await expect(grouped(LEE, { containing: id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(grouped(BOT)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });
});

describe('a vote on several requests', () => {
  it('is a vote on each, with what was seen, after the differences were', async () => {
    const [one, other] = [await hold(20), await hold(4000)];
    const { code, stdout } = await countersign(as(DANA, 'approve', one.id, other.id), { tty: true, input: 'y\n' });
    expect(stdout.indexOf('4,000')).toBeLessThan(stdout.indexOf('Approve these 2'));
    expect(code).toBe(0);
    for (const { id, actionDigest } of [one, other]) {
      const cast = (await eventsOf(gate.admin, id)).find(({ type }) => type === 'vote.cast');
      expect(cast?.data).toMatchObject({ vote: 'approve', seen_digest: actionDigest, opened_details: false });
    }
  });

  it('is for nobody who has not seen what differs', async () => {
    const { id } = await hold(20);
    const { code, stderr } = await countersign(as(DANA, 'approve', '--group', id));
    expect([code, await stateOf(id)]).toEqual([2, State.PENDING]);
    expect(stderr).toContain('--yes');
    const no = await countersign(as(DANA, 'approve', '--group', id), { tty: true, input: '\n' });
    expect([no.code, await stateOf(id)]).toEqual([2, State.PENDING]);
  });

  it('does not reach what joined the group after it was shown', async () => {
    const one = await hold(20);
    let late: { id: string } | undefined;
    const input = (async function* () {
      while (late === undefined) late = await hold(30);
      yield 'y\n';
    })();
    const { code } = await countersign(as(DANA, 'approve', '--group', one.id), { tty: true, input });
    expect(code).toBe(0);
    expect([await stateOf(one.id), await stateOf(late!.id)]).toEqual([State.ALLOWED, State.PENDING]);
  });

  it('that one of them refuses, counts for the others', async () => {
    const [one, other] = [await hold(20), await hold(4000)];
    const reason = ['--reason', 'not tonight'];
    const { code, stdout } = await countersign(as(ANA, 'deny', one.id, other.id, '--yes', '--json', ...reason));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ votes: [{ state: 'denied' }, { state: 'denied' }] });
    const missing = await countersign(as(ANA, 'approve', one.id, other.id, '--yes'));
    expect([missing.code, missing.stderr]).toMatchObject([2, expect.stringContaining('does not wait for you')]);
  });

  it('is refused where one of them is no longer what was shown, and says which', async () => {
    const [one, other] = [await hold(20, BOT, { reason_required: true }), await hold(4000)];
    const { code, stderr } = await countersign(as(DANA, 'approve', '--group', one.id, '--yes'));
    expect(code).toBe(3);
    expect(stderr).toContain(`${one.id} not voted on: Say why`);
    expect(await stateOf(other.id)).toBe(State.ALLOWED);
  });

  it('in a terminal, approvals --grouped is a table', async () => {
    await hold(20);
    await hold(4000);
    const { stdout } = await countersign(as(DANA, 'approvals', '--grouped'));
    expect(stdout).toContain('2 × db.delete on a table by release-bot');
    expect(stdout).toMatch(/id +risk +\/arguments\/rows +\/arguments\/secret +expires/);
  });
});
