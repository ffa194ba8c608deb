import { describe, expect, it } from 'vitest';
import { pending, REQUEST, terms, verdict } from '../test/office.js';
import { alikeGroups } from './alike.js';
import type { ActionRequest } from './request.js';
import type { Decision, Pending } from './state.js';

let made = 0;
function asked(more: Partial<ActionRequest> = {}, redact: string[] = []): Decision & Pending {
  const decision = pending({ request: { ...REQUEST, ...more }, verdict: verdict({ approval: terms({ redact }) }) });
  return { ...decision, id: `dec_${(made += 1)}`, action_digest: `digest ${made}` } as Decision & Pending;
}
const withArgs = (properties: Record<string, unknown>, redact?: string[]) =>
  asked({ action: { name: 'db.delete', properties } }, redact);
const one = (...all: (Decision & Pending)[]) => {
  const groups = alikeGroups(all);
  expect(groups).toHaveLength(1);
  return groups[0]!;
};

describe('requests that are laid side by side', () => {
  it('are of one agent, one action and one type of resource, and the most are first', () => {
    const other = asked({ resource: { type: 'bucket', id: 'b' } });
    const groups = alikeGroups([other, asked(), asked(), asked({ subject: { type: 'agent', id: 'other' } })]);
    expect(groups.map(({ subject, resource_type, requests }) => [subject.id, resource_type, requests.length])).toEqual([
      ['release-bot', 'table', 2],
      ['release-bot', 'bucket', 1],
      ['other', 'table', 1],
    ]);
  });

  it('say once what all of them have, and each what it has otherwise, the largest first', () => {
    const rows = [900, 12480, 50].map((count) => withArgs({ rows: count, table: 'orders' }));
    const group = one(...rows);
    expect(group).toMatchObject({
      common: [
        { pointer: '/principal', text: 'lee' },
        { pointer: '/arguments/table', text: 'orders' },
        { pointer: '/resource/id', text: 'prod.orders' },
      ],
      differ: ['/arguments/rows'],
    });
    expect(group.requests.map(({ id, action_digest, values }) => [id, action_digest, values])).toEqual([
      [rows[1]!.id, rows[1]!.action_digest, ['12,480']],
      [rows[0]!.id, rows[0]!.action_digest, ['900']],
      [rows[2]!.id, rows[2]!.action_digest, ['50']],
    ]);
  });

  it('compare numbers as numbers, also when they are written as text, and keep their order where there is none', () => {
    const amounts = ['9.50', '10.00', '100'].map((amount) => withArgs({ amount, note: `n ${amount}` }));
    expect(one(...amounts).requests.map(({ values }) => values[0])).toEqual(['100', '10.00', '9.50']);
    const names = ['b', 'a'].map((name) => withArgs({ name }));
    expect(one(...names).requests.map(({ id }) => id)).toEqual(names.map(({ id }) => id));
    expect(one(...names.reverse()).requests.map(({ values }) => values[0])).toEqual(['b', 'a']);
  });

  it('show what differs deep inside, what is missing, and whom it is for', () => {
    const { principal: _, ...nobody } = asked({
      action: { name: 'db.delete', properties: { where: { 'a/b~c': [1, 2] } } },
    }).request;
    const here = asked({
      action: { name: 'db.delete', properties: { where: { 'a/b~c': [1, 3] } } },
      context: { ticket: 'T' },
    });
    const group = one(here, { ...here, id: 'dec_z', request: nobody } as Decision & Pending);
    expect(group.differ).toEqual(['/principal', '/arguments/where/a~1b~0c/1', '/context/ticket']);
    expect(group.requests.map(({ values }) => values)).toEqual([
      ['lee', '3', 'T'],
      ['not given', '2', 'not given'],
    ]);
  });

  it('do not differ in what the agent says of them, but do in where the grant is to work', () => {
    const audience = (url: string, justification: string) => asked({ audience: url, justification, request_id: url });
    const { request } = audience('https://b.example', 'urgent');
    const other = asked({ ...request, principal: 'ana' });
    expect(one(audience('https://a.example', 'please'), other).differ).toEqual(['/principal', '/audience']);
  });

  it('hide in all of them what is hidden in one', () => {
    const group = one(
      withArgs({ password: 'a', rows: 1 }, ['/arguments/password']),
      withArgs({ password: 'b', rows: 2 }),
    );
    expect(group.differ).toEqual(['/arguments/rows']);
    expect(JSON.stringify(group)).not.toContain('password');
  });

  it('never look alike where they are cut', () => {
    const long = (end: string) => `${'x'.repeat(500)}${end}${'y'.repeat(500)}`;
    const texts = one(
      withArgs({ sql: long('1') }),
      withArgs({ sql: long('2') }),
      withArgs({ sql: long('1') }),
    ).requests;
    expect(new Set(texts.map(({ values }) => values[0])).size).toBe(2);
    expect(texts[1]!.values[0]).toContain('⟨differs in a part not shown⟩');
  });

  it('hold nothing that could act on who reads them', () => {
    const group = one(withArgs({ 'na\u202Eme': 'a\u0007' }), withArgs({ 'na\u202Eme': 'b\n\n' }));
    expect(JSON.stringify(group)).not.toMatch(/[\u0007\u202E\n]/);
  });

  it('do not grow without end, and say what they leave out', () => {
    const wide = (n: number) =>
      withArgs(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i < 280 ? n : 0])));
    const group = one(...Array.from({ length: 60 }, (_, i) => wide(i)));
    expect(group).toMatchObject({ requests_left_out: 10, common_left_out: 0 });
    expect(group.requests).toHaveLength(50);
    expect(group.differ).toHaveLength(12);
    expect(group.differ_left_out).toBeGreaterThan(100);
    const same = one(wide(1), { ...wide(1), id: 'dec_y' } as Decision & Pending);
    expect(same.common).toHaveLength(24);
    expect(same.common_left_out).toBeGreaterThan(100);
    const deep = (end: number) => withArgs({ a: { b: { c: { d: { e: { f: end } } } } }, none: {} });
    expect(one(deep(1), deep(2)).requests.map(({ values }) => values[0])).toEqual(['{"f":1}', '{"f":2}']);
  });

  it('differ in what is beyond what is told apart, if they do', () => {
    const wide = (last: number) =>
      withArgs(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i === 299 ? last : 0])));
    expect(one(wide(1), wide(2)).differ).toContain('/…');
  });
});
