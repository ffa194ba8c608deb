import { readFileSync } from 'node:fs';
import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  answered,
  ANYTHING,
  approvals,
  BEN,
  BOT,
  DANA,
  decisions,
  HOLD,
  LEE,
  SERVICE_TOKEN,
  startOwnGate,
  typesOf,
  type OwnGate,
} from '../../../test/gate.js';
import { until } from '../../../test/until.js';

const page = readFileSync(new URL('../../../docs/approvals.md', import.meta.url), 'utf8');
const example = (kind: string) => new RegExp('```' + kind + '\\n(.*?)```', 's').exec(page)![1]!;

let gate: OwnGate;
beforeAll(async () => void (gate = await startOwnGate({ policies: ANYTHING })));
afterAll(() => gate?.stop());

const ask = async (approval: object) =>
  (await gate.grpc.call(BOT, decisions.decide, answered({ ...HOLD, approval }))).id;
const vote = (token: string, id: string, more: object = {}) =>
  gate.grpc.call(token, approvals.castVote, { id, vote: Vote.APPROVE, ...more });

describe('the page about approvals', () => {
  it('has terms that are taken, and mean what it says', async () => {
    const terms = JSON.parse(example('json terms')) as object;
    const both = await ask(terms);
    expect((await vote(DANA, both)).decision?.state).toBe(State.PENDING);
    expect((await vote(LEE, both)).decision?.state).toBe(State.ALLOWED);
    const either = await ask(terms);
    await vote(ANA, either);
    expect((await vote(BEN, either)).decision?.state).toBe(State.ALLOWED);
    const denied = await ask(terms);
    const no = { vote: Vote.DENY, reason: 'not today' };
    expect((await vote(DANA, denied, no)).decision?.state).toBe(State.PENDING);
    expect((await vote(ANA, denied, no)).decision?.state).toBe(State.DENIED);
  });
});

describe('a click that comes after the deadline', () => {
  const late: [string, string, object][] = [
    ['the API', DANA, {}],
    ['Slack', SERVICE_TOKEN, { chatAccount: { channel: 'slack', account: 'T0ACME/U0DANA' } }],
    [
      'Teams',
      SERVICE_TOKEN,
      {
        chatAccount: {
          channel: 'teams',
          account: '7c1d8a52-0000-4000-8000-0000000000ac/00000000-0000-4000-8000-000000000001',
        },
      },
    ],
  ];
  it.each(late)('in %s is refused and recorded, although no timer has run', async (_, token, more) => {
    const id = await ask({ ...HOLD.approval, expires_in: '1s' });
    // No timer looks at it any more.
    await gate.admin.query('update decisions set due = null where id = $1', [id]);
    const { rows } = await gate.admin.query<{ deadline: Date }>('select deadline from decisions where id = $1', [id]);
    await until('its time is over', () => Date.now() > rows[0]!.deadline.getTime());
    expect(await typesOf(gate.admin, id)).toEqual(['decision.held']);
    await expect(vote(token, id, more)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'EXPIRED' });
    expect(await typesOf(gate.admin, id)).toEqual(['decision.held', 'decision.expired', 'vote.refused']);
  });
});
