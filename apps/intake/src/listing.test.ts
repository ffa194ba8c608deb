import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { PeopleService, State, type ListDecisionsRequest } from '@countersign/contract';
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
  GATEWAY,
  HOLD,
  LEE,
  SAM,
  SERVICE_TOKEN,
  startOwnGate,
  SUPPORT,
  type OwnGate,
} from '../../../test/gate.js';
import { ListingReader, openPool } from '@countersign/store';

const ALLOW = { effect: 'allow', reasons: [{ rule: 'fine', text: 'is fine' }], risk: { level: 'low', factors: [] } };
const DENY = { ...ALLOW, effect: 'deny' };

let gate: OwnGate;
beforeAll(async () => void (gate = await startOwnGate({ policies: ANYTHING })));
afterAll(() => gate?.stop());

type Filter = Partial<Omit<ListDecisionsRequest, '$typeName'>>;
const ask = async (answer: object, as = BOT, more: object = {}) =>
  (await gate.grpc.call(as, decisions.decide, { ...answered(answer), ...more })).id;
const list = async (as: string, filter: Filter = {}) => {
  const { decisions: found, nextPageToken } = await gate.grpc.call(as, decisions.listDecisions, filter);
  return { ids: found.map(({ id }) => id), found, nextPageToken };
};
const held = (group: string) => ({ ...HOLD, approval: { ...HOLD.approval, seats: [{ group, count: 1 }] } });

describe('decisions are listed', () => {
  it('newest first, those that needed nobody beside those that people answer, with what was asked and no grant', async () => {
    const first = await ask(ALLOW);
    const second = await ask(held('dba'), BOT, { principal: 'lee@acme.example' });
    const third = await ask(DENY);
    await gate.grpc.call(DANA, approvals.castVote, { id: second, vote: 1 });
    const { ids, found } = await list(BOT, { pageSize: 3 });
    expect(ids).toEqual([third, second, first]);
    expect(found.map(({ state }) => state)).toEqual([State.DENIED, State.ALLOWED, State.ALLOWED]);
    expect(found[1]).toMatchObject({
      action: { name: 'db.delete' },
      resource: { id: expect.stringContaining('thing') as string },
      principal: 'lee@acme.example',
      grant: '',
    });
    const twin = await gate.http<{ decisions: object[] }>(BOT, '/v1/decisions?page_size=1&state=STATE_DENIED');
    expect(twin.decisions).toMatchObject([{ id: third, state: 'STATE_DENIED', action: { name: 'db.delete' } }]);
  });

  it('to an agent only if it asked, to a gateway if it submitted, whatever they filter by', async () => {
    const own = await ask(ALLOW);
    const subject = { type: 'agent', id: 'release-bot' };
    const submitted = await ask(ALLOW, GATEWAY, { subject });
    const other = await ask(ALLOW, SUPPORT);
    expect((await list(BOT, { pageSize: 2 })).ids).toEqual([submitted, own]);
    expect((await list(GATEWAY)).ids).toEqual([submitted]);
    expect((await list(GATEWAY, { subject: 'release-bot' })).ids).toEqual([submitted]);
    expect((await list(SUPPORT)).ids).toEqual([other]);
    for (const filter of [{ subject: 'release-bot' }, { area: 'db', subject: 'edge-gateway' }])
      expect((await list(SUPPORT, filter)).ids).toEqual([]);
  });

  it('to people as far as they concern them, to auditors and services all', async () => {
    const toDba = await ask(held('dba'));
    const forLee = await ask(ALLOW, BOT, { principal: 'lee@acme.example' });
    const supports = await ask(ALLOW, SUPPORT);
    const seen = async (as: string) => (await list(as, { pageSize: 3 })).ids;
    expect(await seen(SAM)).toEqual([forLee, toDba, expect.anything()]);
    expect((await list(LEE, { pageSize: 2 })).ids).toEqual([supports, forLee]);
    expect((await list(BEN)).ids).not.toContain(toDba);
    for (const auditor of [DANA, ANA, SERVICE_TOKEN]) expect(await seen(auditor)).toEqual([supports, forLee, toDba]);
    expect(await gate.grpc.call(ANA, decisions.getDecision, { id: supports })).toMatchObject({ id: supports });
    await expect(gate.grpc.call(BEN, decisions.getDecision, { id: supports })).rejects.toMatchObject({
      reason: 'NOT_YOURS',
    });
    // An auditor's credential that is not made for the record sees what concerns the person.
    const { secret } = await gate.grpc.call(ANA, PeopleService.method.createToken, { name: 'x', scopes: ['vote'] });
    expect((await list(secret)).ids).not.toContain(supports);
    await expect(list('cs_dev_nobody')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('by state, subject, principal, action, area, session and time, all of which are to be met', async () => {
    const before = Date.now();
    const session = {
      contextForm: { case: 'contextJson' as const, value: JSON.stringify({ answer: ALLOW, session_id: 's-1' }) },
    };
    const one = await ask(ALLOW, BOT, { ...session, action: { name: 'pay.refund' }, principal: 'kim@acme.example' });
    const two = await ask(held('dba'), SUPPORT, { action: { name: 'pay.charge' } });
    const since = timestampFromMs(before);
    const cases: [Filter, string[]][] = [
      [{ area: 'pay' }, [two, one]],
      [{ area: 'pay', state: State.PENDING }, [two]],
      [{ action: 'pay.refund' }, [one]],
      [{ subject: 'support-bot', area: 'pay' }, [two]],
      [{ principal: 'kim@acme.example' }, [one]],
      [{ sessionId: 's-1' }, [one]],
      [{ sessionId: 's-1', state: State.DENIED }, []],
      [{ since }, [two, one]],
      [{ until: since, area: 'pay' }, []],
      [{ since, until: timestampFromMs(Date.now() + 1_000), area: 'pay' }, [two, one]],
    ];
    for (const [filter, ids] of cases) expect([filter, (await list(DANA, filter)).ids]).toEqual([filter, ids]);
    const query = `since=${encodeURIComponent(new Date(before).toISOString())}&area=pay`;
    expect(await gate.http(DANA, `/v1/decisions?${query}`)).toMatchObject({ decisions: [{ id: two }, { id: one }] });
  });

  it('page by page, each once, whatever is asked or decided meanwhile', async () => {
    const asked: string[] = [];
    for (let i = 0; i < 7; i++) asked.push(await ask(i % 2 === 0 ? ALLOW : held('dba'), SUPPORT));
    const wanted = asked.toReversed();
    const seen: string[] = [];
    let pageToken = '';
    while (seen.length < 7) {
      const page = await list(SUPPORT, { pageSize: 2, pageToken });
      seen.push(...page.ids);
      pageToken = page.nextPageToken;
      await ask(ALLOW, SUPPORT);
      await gate.grpc.call(DANA, approvals.castVote, { id: asked[1]!, vote: 2, reason: 'no' }).catch(() => undefined);
    }
    expect(seen.slice(0, 7)).toEqual(wanted);
  });

  it('not by what policy hides from people', async () => {
    const secret = { ...held('dba'), approval: { ...held('dba').approval, redact: ['/resource/id'] } };
    const id = await ask(secret);
    const { found } = await list(SAM, { pageSize: 1 });
    expect(found[0]).toMatchObject({ id, resource: { id: '(hidden by policy)' } });
  });

  it.each<[Filter, string]>([
    [{ pageSize: 201 }, 'page_size'],
    [{ pageSize: -1 }, 'page_size'],
    [{ pageToken: "dec_'; drop table events" }, 'page_token'],
    [{ subject: 'x\u0000' }, 'subject'],
    [{ since: timestampFromMs(2_000), until: timestampFromMs(1_000) }, 'until'],
    [{ since: timestampFromMs(2 ** 52) }, 'since'],
    [{ state: 99 as State }, 'state'],
  ])('and %o is refused by name', async (filter, field) => {
    await expect(list(BOT, filter)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', fields: [{ field }] });
  });

  it('by an index: what one agent asked is found without looking at what others did', async () => {
    await gate.admin.query('set enable_seqscan = off');
    const pool = openPool(gate.databaseUrl, 'intake');
    const plans = Object.assign(Object.create(pool) as typeof pool, {
      query: (sql: string, values: unknown[]) => gate.admin.query(`explain ${sql}`, values),
    });
    const planOf = async (who: object) => {
      const lines = await new ListingReader(plans).page({ ...who, before: 'dec_~', from: 'dec_', limit: 200 });
      return lines.map((line) => Object.values(line).join()).join('\n');
    };
    const [ofSubject, ofParty] = [await planOf({ subject: 'x' }), await planOf({ party: 'x' })];
    await pool.end();
    expect(ofSubject).toMatch(/events_subject .*\n\s*Index Cond: .*subject_id = 'x'/);
    expect(ofParty).toMatch(/events_subject .*\n\s*Index Cond: .*subject_id = 'x'/);
    expect(ofParty).toMatch(/events_submitted .*\n\s*Index Cond: .*submitted_by = 'x'/);
  });
});
