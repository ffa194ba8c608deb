import { describe, expect, it } from 'vitest';
import {
  act,
  allowed,
  ANA,
  approved,
  BEN,
  DANA,
  deny,
  later,
  pending,
  person,
  play,
  redeeming,
  REQUEST,
  terms,
  verdict,
  vote,
} from '../test/office.js';
import { renderCard, type Sheet } from './card.js';
import { isTimeZone } from './clock-text.js';
import { besideText, similarRequests, type Related } from './related.js';
import type { JsonObject, Person } from './request.js';
import type { Decision } from './state.js';

const NOTHING: Related = { session: [], alike: [], more: false };
const card = (decision: Decision, related: Partial<Related>, reader: Person = DANA, more: Sheet = {}) =>
  renderCard(decision, {
    beside: besideText(
      decision,
      { ...NOTHING, ...related },
      { person: reader, ...(more.zone ? { zone: more.zone } : {}) },
    ),
    ...more,
  });
const similar = (related: Partial<Related>, decision: Decision = pending(), reader = DANA) =>
  card(decision, related, reader).similar;
const asking = (properties: JsonObject, more: object = {}, redact: string[] = []) =>
  pending({
    request: { ...REQUEST, action: { name: 'db.delete', properties }, ...more },
    verdict: verdict({ approval: terms({ redact }) }),
  });
/** Another request than the one it is beside. */
const other = (decision: Decision): Decision => ({ ...decision, action_digest: 'another' });
const yes = (decision: Decision, by = DANA, at = later(1)) => other(act(decision, vote(by), at).decision);

describe('what is said in a conversation', () => {
  it('is what was asked in it before, by nobody in particular', () => {
    const here = { channel: 'slack' as const, address: 'C0DBA' };
    const asked = (address: string) => {
      const decision = approved();
      const destinations = [{ ...here, address, group: 'dba' }];
      return other({ ...decision, approval: { ...decision.approval!, destinations } });
    };
    const said = (...alike: Decision[]) => besideText(pending(), { ...NOTHING, alike }, { place: here });
    expect(said(asked('C0DBA'), asked('C0HR')).similar[1]).toBe('In 30 days: 1 approved');
    expect(said(asked('C0HR'), { ...asked('C0DBA'), approval: undefined } as unknown as Decision)).toEqual({
      just_before: [],
      similar: ['Nothing like it was answered in 30 days'],
    });
  });
});

it('a card leads to where the whole of it can be opened, if there is such a place', () => {
  const inbox = 'https://gate.example/inbox';
  expect(renderCard(pending(), { inbox }).link).toBe(`${inbox}/${pending().id}`);
  expect(renderCard(pending())).not.toHaveProperty('link');
});

describe('what came of requests like it', () => {
  it('is not there where nobody looked, and said where there is none', () => {
    expect(renderCard(pending()).similar).toBeUndefined();
    expect(similar({})).toEqual(['Nothing like it was answered in 30 days']);
  });

  it('says first what differs from the last one approved, how much first', () => {
    const last = yes(asking({ rows: 900, table: 'x' }, { resource: { type: 'table', id: 'stage.orders' } }));
    expect(similar({ alike: [last, yes(asking({ rows: 100 }))] }, asking({ rows: 12480, dry_run: false }))).toEqual([
      'Unlike the last one approved (Dana, 14:00 UTC): rows 12,480, was 900 · resource table prod.orders, was table stage.orders · dry_run false, was not given · table not given, was x',
      'In 30 days: 2 approved (2 by you)',
      'Largest approved: rows 900',
    ]);
  });

  it('says that it is the same only if it is, also in what is hidden or cut', () => {
    expect(similar({ alike: [approved()] })![0]).toBe('The same as the last one approved (Dana, 14:00 UTC)');
    const hidden = (secret: string) => asking({ secret }, {}, ['/arguments/secret']);
    expect(similar({ alike: [yes(hidden('a'))] }, hidden('b'))![0]).toBe(
      'Unlike the last one approved (Dana, 14:00 UTC): in what is not shown',
    );
    const long = (middle: string) => asking({ sql: `${'a'.repeat(500)}${middle}${'a'.repeat(500)}` });
    expect(similar({ alike: [yes(long('b'))] }, long('c'))![0]).toContain(': sql in a part not shown');
  });

  it('hides beside another what either of the two hides', () => {
    const open = yes(asking({ rows: 1, secret: 'hunter2' }));
    const covered = asking({ rows: 1, secret: 'hunter3' }, {}, ['/arguments/secret']);
    expect(JSON.stringify(card(covered, { alike: [open], session: [open] }))).not.toContain('hunter');
    expect(JSON.stringify(similarRequests(covered, { ...NOTHING, alike: [open] }, { person: DANA }))).not.toContain(
      'hunter',
    );
    const coveredBefore = yes(asking({ rows: 1, secret: 'hunter2' }, {}, ['/arguments/secret']));
    expect(JSON.stringify(similar({ alike: [coveredBefore] }, asking({ rows: 1 })))).not.toContain('hunter');
  });

  it('counts what people answered, by whom, and what nobody answered', () => {
    const alike = [
      other(play(pending(), vote(DANA), redeeming()).decision),
      other(act(approved(), { type: 'expire' }, later(900)).decision),
      other(act(approved(), { type: 'revoke', by: BEN, reason: 'x' }).decision),
      yes(pending({ request: { ...REQUEST, principal: undefined } }), BEN),
      other(act(pending(), deny(DANA)).decision),
      other(act(pending(), { type: 'withdraw', by: 'x' }).decision),
      other(act(pending(), { type: 'expire' }, later(900)).decision),
      pending(),
    ];
    expect(similar({ alike })!.slice(1)).toEqual([
      'In 30 days: 4 approved (3 by you), 1 denied, 1 not answered in time',
      'Largest approved: rows 12,480',
      '1 like it waits now',
    ]);
    expect(similar({ alike: [...alike, pending()], more: true }, pending(), ANA)!).toEqual([
      'Nothing like it was answered in 30 days',
    ]);
    expect(similar({ alike: [...alike, pending()], more: true }, pending(), BEN)!.slice(1)).toEqual([
      'Of the last 7: 4 approved (1 by you), 1 denied, 1 not answered in time',
      'Largest approved: rows 12,480',
      '2 like it wait now',
    ]);
  });

  it('counts what a broken glass let through apart: nobody has approved it', () => {
    const rule = {
      ...{ rule: 'incident', text: 'x', groups: ['dba'], duration_s: 900, uses: 1, notify: ['security'] },
      ...{ overrides: [], while_overdue: false, review: { groups: ['security'], within_s: 86_400 } },
    };
    const { decision: broken } = act(pending(), {
      ...{ type: 'break_glass', by: DANA, reason: 'checkout is down', grant_id: 'grt_9', overdue: false },
      ...{ reviewers: [person('vera', ['security'])], destinations: [] },
      verdict: { ...verdict(), break_glass: { rules: [rule], guarded: false } },
    });
    expect(broken.status).toBe('ALLOWED');
    expect(similar({ alike: [broken] })).toEqual(['In 30 days: 0 approved, 1 let through by breaking the glass']);
    const unused = { ...broken, status: 'EXPIRED', expired: 'grant' } as Decision;
    expect(similar({ alike: [unused] })).toEqual(['In 30 days: 0 approved, 1 let through by breaking the glass']);
    expect(similar({ alike: [broken, yes(pending(), BEN)] })![1]).toBe(
      'In 30 days: 1 approved, 1 let through by breaking the glass',
    );
  });

  it('does not count what others approved as approved by the reader', () => {
    expect(similar({ alike: [yes(pending(), BEN)] })![1]).toBe('In 30 days: 1 approved');
  });

  it('tells nobody of what they have no part in, nor of what needed nobody', () => {
    const alike = [yes(asking({ rows: 5 })), allowed()];
    expect(similar({ alike }, pending(), person('eve', ['sales']))).toEqual([
      'Nothing like it was answered in 30 days',
    ]);
    expect(similarRequests(pending(), { ...NOTHING, alike }, { person: person('eve', ['sales']) })).toEqual([]);
  });

  it('compares amounts of one currency only', () => {
    const refund = (amount: unknown, currency?: unknown) =>
      pending({
        request: { ...REQUEST, action: { name: 'payments.refund', properties: { amount, currency } as JsonObject } },
      });
    const alike = [yes(refund('900.50', 'EUR')), yes(refund(5000, 'JPY')), yes(refund('many', 'EUR'))];
    const largest = (amount: unknown, currency?: unknown) =>
      similar({ alike }, refund(amount, currency))!.filter((line) => line.startsWith('Largest'));
    expect(largest(40_000, 'EUR')).toEqual(['Largest approved: amount 900.5 EUR']);
    expect(largest(40_000)).toEqual([]);
    expect(largest('much', 'EUR')).toEqual([]);
    expect(similar({ alike: [yes(pending({ request: { ...REQUEST, action: { name: 'db.drop' } } }))] })).toHaveLength(
      2,
    );
  });

  it('says how much more differs than it shows', () => {
    const [a, b] = [asking({ a: 1, b: 1, c: 1, d: 1 }), asking({ e: 1, f: { g: [1] }, rows: 7 })];
    const resource = { type: 'table', id: 'x', properties: { environment: 'production' } };
    const placed = { ...b, request: { ...b.request, resource } };
    expect(similar({ alike: [yes(a)] }, placed)![0]).toContain('was 1 · and 4 more');
    const [first] = similarRequests(placed, { ...NOTHING, alike: [yes(a)] }, { person: DANA });
    expect(first!.differences).toHaveLength(6);
    expect(similar({ alike: [yes(b)] }, asking({ e: 1, f: { g: [2] }, rows: 7 }))![0]).toContain(
      'f {"g":[2]}, was {"g":[1]}',
    );
  });

  it('says on whose behalf it would be, where that differs', () => {
    const alone = asking({ rows: 1 }, { principal: undefined });
    const [first] = similarRequests(alone, { ...NOTHING, alike: [yes(asking({ rows: 1 }))] }, { person: DANA });
    expect(first!.differences).toEqual(['on behalf of not given, was lee']);
  });

  it('can be opened, those that wait first', () => {
    const alike = [yes(asking({ rows: 5 })), { ...pending(), id: 'dec_2' }];
    expect(similarRequests(pending(), { ...NOTHING, alike }, { person: DANA })).toMatchObject([
      { id: 'dec_2', status: 'PENDING', differences: [] },
      {
        id: 'dec_1',
        status: 'ALLOWED',
        headline: 'Delete 5 rows from prod.orders',
        differences: ['rows 12,480, was 5'],
      },
    ]);
  });
});

describe('what the session did just before', () => {
  it('is what the record has, with what became of it and the date of another day', () => {
    const read = allowed();
    const session = [
      { ...read, request: { ...read.request, action: { name: 'db.read', properties: { rows: 12480 } } } },
      { ...pending(), created_at: '2026-11-19T23:00:00.000Z' },
    ];
    expect(card(pending(), { session }).just_before).toEqual([
      'Read 12,480 rows of prod.orders: allowed, 14:00 UTC',
      'Delete 12,480 rows from prod.orders: still waiting, 19 Nov 2026, 23:00 UTC',
    ]);
    expect(card(pending(), {}).just_before).toBeUndefined();
  });

  it('is in the zone of the reader, and so is what happened since', () => {
    const zone = 'Asia/Tokyo';
    const { just_before, outcome, similar } = card(approved(), { session: [pending()], alike: [approved()] }, DANA, {
      zone,
    });
    expect(just_before).toEqual(['Delete 12,480 rows from prod.orders: still waiting, 23:00']);
    expect(outcome).toBe('Approved by Dana in api, 23:00, after 1 s.');
    expect(similar![0]).toContain('(Dana, 23:00)');
    expect([isTimeZone(zone), isTimeZone('Mars/Olympus'), isTimeZone('')]).toEqual([true, false, false]);
  });

  it('as the agent tells it is apart, inert, bounded, and hidden where policy hides it', () => {
    const activity = ['first', 'second', { tool: 'read', rows: 5 }, '\u202Eevil', 'x'.repeat(500), 'opened OPS-311', 7];
    const context = { activity };
    expect(renderCard(pending({ request: { ...REQUEST, context } })).agent_says_before).toEqual([
      '… 2 earlier not shown …',
      '{"tool":"read","rows":5}',
      '⟨U+202E⟩evil',
      expect.stringContaining('of 500 characters not shown') as string,
      'opened OPS-311',
      '7',
    ]);
    for (const nothing of [[], 'read', undefined])
      expect(
        renderCard(pending({ request: { ...REQUEST, context: { activity: nothing } } })).agent_says_before,
      ).toBeUndefined();
    const one = pending({ request: { ...REQUEST, context: { activity: ['read'] } } });
    expect(renderCard(one).agent_says_before).toEqual(['read']);
    const redacted = pending({
      request: { ...REQUEST, context },
      verdict: verdict({ approval: terms({ redact: ['/context/activity'] }) }),
    });
    expect(renderCard(redacted).agent_says_before).toBeUndefined();
  });
});
