import { describe, expect, it } from 'vitest';
import { later, person, T0 } from '../test/office.js';
import { mayNotDelegate, seatHanded, type Delegation } from './delegation.js';
import type { Person } from './request.js';

const DANA = person('dana', ['dba'], { also: ['dana-admin'] });
const MAX = person('max', ['web']);
const DAY = 86_400;
const problem = (more: { by?: Person; to?: Person; since?: string; until?: string }) =>
  mayNotDelegate({ by: DANA, to: MAX, group: 'dba', until: later(DAY), ...more }, T0);

describe('a seat is handed over', () => {
  it('by whoever has it, to somebody who has none there, for a month at most', () => {
    expect(problem({})).toBeUndefined();
    expect(problem({ until: later(30 * DAY) })).toBeUndefined();
    expect(problem({ since: later(90 * DAY), until: later(120 * DAY) })).toBeUndefined();
    expect(problem({ by: person('dana', [], { rota: ['dba'] }) })).toBeUndefined();
  });

  it.each([
    ['by a guest', { by: { ...DANA, guest: true } }, 'You have no seat in dba'],
    ['by somebody who is disabled', { by: { ...DANA, disabled: true } }, 'You have no seat in dba'],
    ['by somebody without the role', { by: { ...DANA, roles: ['auditor'] as const } }, 'You have no seat in dba'],
    ['by somebody else', { by: MAX }, 'You have no seat in dba'],
    ['on', { by: { ...MAX, stands_in: [{ group: 'dba', for: 'dana' }] } }, 'cannot be handed on'],
    ['to oneself, however spelt', { to: { ...MAX, id: 'DANA' } }, 'is you'],
    ['to a second account of one’s own', { to: person('dana-admin', []) }, 'is you'],
    ['to an account of the same person', { to: { ...MAX, also: ['dana'] } }, 'is you'],
    ['to somebody who is disabled', { to: { ...MAX, disabled: true } }, 'is disabled'],
    ['to a guest', { to: { ...MAX, guest: true } }, 'is a guest'],
    ['to somebody without the role', { to: { ...MAX, roles: ['operator'] as const } }, 'the role approver'],
    ['to a member', { to: person('max', ['dba']) }, 'is in dba already'],
    ['to one who takes turns in it', { to: person('max', [], { rota: ['dba'] }) }, 'is in dba already'],
    ['for longer', { until: later(30 * DAY + 1) }, 'for at most 30 days'],
    ['for no time', { until: T0 }, 'for at most 30 days'],
    ['for longer, later', { since: later(DAY), until: later(31 * DAY + 1) }, 'for at most 30 days'],
    ['backwards', { since: later(-1) }, 'for at most 30 days'],
    [
      'from a time that nobody remembers',
      { since: later(90 * DAY + 1), until: later(91 * DAY) },
      'for at most 30 days',
    ],
    ['from no time', { since: 'tomorrow' }, 'for at most 30 days'],
    ['until no time', { until: 'tomorrow' }, 'for at most 30 days'],
  ])('not %s', (_, more, text) => {
    expect(problem(more)?.text).toContain(text);
  });
});

describe('what is handed over holds', () => {
  const given: Delegation = {
    ...{ group: 'dba', by: 'dana', by_name: 'Dana', to: 'max', to_name: 'Max', since: T0, until: later(60) },
  };
  const at = (seconds: number, people: Person[] = [DANA, MAX]) =>
    seatHanded(given, (id) => people.find((one) => one.id === id), later(seconds));

  it('from the beginning until, and not at, the end', () => {
    expect(at(-0.001)).toBeUndefined();
    expect(at(0)).toEqual({ group: 'dba', for: 'dana', name: 'Dana', groups: ['dba'], also: ['dana-admin'] });
    expect(at(59.999, [person('dana', ['dba']), MAX])).toEqual({
      group: 'dba',
      for: 'dana',
      name: 'Dana',
      groups: ['dba'],
    });
    expect(at(60)).toBeUndefined();
  });

  it.each(['since', 'until'])('never, when "%s" is no time', (end) => {
    expect(
      seatHanded({ ...given, made_at: T0, [end]: 'soon' }, (id) => [DANA, MAX].find((one) => one.id === id), T0),
    ).toBe(undefined);
  });

  it('only to whom it was promised, when it begins later', () => {
    const promised = { ...given, since: later(30), made_at: T0 };
    const max = (since?: string) => [DANA, { ...MAX, ...(since ? { since } : {}) }];
    const at30 = (people: Person[]) => seatHanded(promised, (id) => people.find((one) => one.id === id), later(30));
    expect(at30(max())).toMatchObject({ for: 'dana' });
    // The id was given to somebody else between the promise and the beginning.
    expect(at30(max(later(10)))).toBeUndefined();
  });

  it.each([
    ['who has left the group', [person('dana', ['web']), MAX]],
    ['who is no approver any more', [{ ...DANA, roles: ['auditor'] as const }, MAX]],
    ['whose id is another person’s by now', [{ ...DANA, since: later(1) }, MAX]],
    ['whose holder’s id is another person’s by now', [DANA, { ...MAX, since: later(1) }]],
    ['whose turn it is not', [person('dana', [], { rota: ['dba'] }), MAX]],
    ['who only holds it for another', [person('dana', [], { stands_in: [{ group: 'dba', for: 'x' }] }), MAX]],
    ['who is disabled', [{ ...DANA, disabled: true }, MAX]],
    ['who is a guest', [{ ...DANA, guest: true }, MAX]],
    ['who is gone', [MAX]],
  ])('not of somebody %s', (_, people) => {
    expect(at(1, people)).toBeUndefined();
  });

  it('not for somebody who is gone', () => {
    expect(at(1, [DANA])).toBeUndefined();
  });
});
