import { Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  approvals,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  eventsOf,
  LEE,
  newPlace,
  SERVICE_TOKEN,
  startGate,
  SUPPORT,
  type Gate,
} from '../../../test/gate.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;

beforeAll(async () => {
  place = await newPlace();
  gate = await startGate(place);
});
afterAll(async () => {
  await gate.stop();
  await place.remove();
});

const session = (id: string) =>
  ({ contextForm: { case: 'contextJson', value: JSON.stringify({ session_id: id }) } }) as const;
const read = (table: string) => ({ action: { name: 'db.read' }, resource: { type: 'table', id: table } });
const hold = async (more: object = {}, token = BOT) =>
  (await gate.grpc.call(token, decisions.decide, { ...bulkDelete(), ...more })).id;
const look = (id: string, token = DANA, more: object = {}) =>
  gate.grpc.call(token, approvals.getApproval, { id, ...more });

describe('beside a request stands', () => {
  it('what its own session did before it, as recorded, and nothing of another agent or session', async () => {
    await gate.grpc.call(BOT, decisions.decide, { ...read('prod.orders'), ...session('run-1') });
    await gate.grpc.call(BOT, decisions.decide, { ...read('prod.other'), ...session('run-2') });
    await gate.grpc.call(SUPPORT, decisions.decide, { ...read('prod.foreign'), ...session('run-1') });
    await gate.grpc.call(BOT, decisions.decide, { ...read('prod.faked'), justification: '"session_id":"run-1"' });
    const id = await hold(session('run-1'));
    await gate.grpc.call(BOT, decisions.decide, { ...read('prod.later'), ...session('run-1') });
    const { card } = await look(id, DANA, { timeZone: 'Asia/Tokyo' });
    expect(card?.justBefore).toEqual([expect.stringMatching(/^Read prod\.orders: allowed, \d\d:\d\d$/)]);
  });

  it('what came of requests like it, to those who have a part in them, and the requests to be opened', async () => {
    const before = await hold({ argumentsForm: { case: 'argumentsJson', value: '{"rows":900}' } });
    await gate.grpc.call(DANA, approvals.castVote, { id: before, vote: Vote.APPROVE });
    const waiting = await hold();
    const id = await hold();
    const { card, similar } = await look(id);
    expect(card?.similar).toEqual([
      expect.stringMatching(
        /^Unlike the last one approved \(Dana Ito, \d\d:\d\d UTC\): rows 12,480, was 900 · resource table/,
      ),
      'In 30 days: 1 approved (1 by you)',
      'Largest approved: rows 900',
      expect.stringMatching(/^\d like it waits? now$/),
    ]);
    expect(similar.map((other) => other.id)).toEqual(expect.arrayContaining([before, waiting]));
    expect((await look(id, ANA)).card?.similar[1]).toBe('In 30 days: 1 approved');
    await expect(look(id, LEE)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('what everybody in a conversation may read, told only to services, and only of what is asked there', async () => {
    const before = await hold({ ...session('run-9'), ...bulkDelete('prod.audits') });
    await gate.grpc.call(DANA, approvals.castVote, { id: before, vote: Vote.APPROVE });
    const id = await hold(session('run-9'));
    const ask = (more: object = {}, token = SERVICE_TOKEN) =>
      gate.grpc.call(token, approvals.getBeside, { id, channel: 'slack', address: 'C0DBA', ...more });
    const { justBefore, similar } = await ask();
    expect(justBefore).toEqual([
      expect.stringMatching(/^Delete 12,480 rows from prod\.audits: allowed, \d\d:\d\d UTC$/),
    ]);
    expect(similar[1]).toMatch(/^In 30 days: \d+ approved(?!.*by you)/);
    expect(await gate.http(SERVICE_TOKEN, `/v1/approvals/${id}/beside?channel=slack&address=C0DBA`)).toMatchObject({
      just_before: justBefore,
    });
    for (const [more, token, code] of [
      [{}, DANA, 'PERMISSION_DENIED'],
      [{}, BOT, 'PERMISSION_DENIED'],
      [{ address: 'C0OPS' }, SERVICE_TOKEN, 'PERMISSION_DENIED'],
      [{ channel: 'teams' }, SERVICE_TOKEN, 'PERMISSION_DENIED'],
      [{ channel: 'mail' }, SERVICE_TOKEN, 'INVALID_ARGUMENT'],
      [{ id: 'dec_nothing' }, SERVICE_TOKEN, 'INVALID_ARGUMENT'],
    ] as const)
      await expect(ask(more, token)).rejects.toMatchObject({ code });
  });

  it('the whole payload when it is asked for, less what policy hides', async () => {
    const id = await hold({
      argumentsForm: { case: 'argumentsJson', value: `{"rows":12480,"sql":"${'x'.repeat(9_000)}\\u202e"}` },
    });
    const [cut, whole] = [await look(id), await look(id, DANA, { wholePayload: true })];
    expect([cut.card?.payloadCut, cut.wholePayload]).toEqual([true, '']);
    expect(whole.wholePayload).toContain(`${'x'.repeat(9_000)}⟨U+202E⟩`);
  });
});

describe('what is decided', () => {
  it('can be listed by those who have a part in it, the latest request first', async () => {
    const id = await hold();
    await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'no' });
    const { approvals: mine, nextPageToken } = await gate.grpc.call(ANA, approvals.listApprovals, {
      decided: true,
      pageSize: 1,
    });
    expect(mine.map((view) => [view.id, view.card?.outcome])).toEqual([[id, 'Denied by Dana Ito: no']]);
    const next = await gate.grpc.call(ANA, approvals.listApprovals, { decided: true, pageToken: nextPageToken });
    expect(next.approvals.every((view) => view.id < id)).toBe(true);
    expect((await gate.grpc.call(LEE, approvals.listApprovals, { decided: true })).approvals).toEqual([]);
    for (const [more, field] of [
      [{ pageToken: 'x' }, 'page_token'],
      [{ timeZone: 'Mars/Olympus' }, 'time_zone'],
    ] as const)
      await expect(gate.grpc.call(ANA, approvals.listApprovals, { decided: true, ...more })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(field) as string,
      });
  });
});

describe('with a vote is recorded', () => {
  it('from where it came, and what the surface tells of how it came about', async () => {
    const id = await hold();
    await gate.http(DANA, `/v1/approvals/${id}/votes`, {
      body: { vote: 'VOTE_APPROVE', opened_details: true, considered_s: 12 },
      headers: { 'x-countersign-surface': 'terminal' },
    });
    const other = await hold();
    await gate.http(DANA, `/v1/approvals/${other}/votes`, {
      body: { vote: 'VOTE_APPROVE' },
      headers: { 'x-countersign-surface': 'inbox' },
    });
    const cast = async (of: string) => (await eventsOf(place.admin, of)).find(({ type }) => type === 'vote.cast')?.data;
    expect(await cast(id)).toMatchObject({ channel: 'terminal', opened_details: true, considered_s: 12 });
    expect(await cast(other)).toMatchObject({ channel: 'api' });
    expect(await cast(other)).not.toHaveProperty('opened_details');
    await expect(
      gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE, consideredS: 86_401 }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('considered_s') as string });
  });
});
