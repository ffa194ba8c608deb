import { describe, expect, it } from 'vitest';
import { parseDirectory } from './file.js';
import { overlaid } from './overlay.js';
import { onDuty, ROTATIONS } from './rotation.js';

const file = (rotation: string, more = '') => `
people:
  - { id: dana, name: Dana, groups: [dba] }
  - { id: ana, name: Ana }
  - { id: ben, name: Ben${more} }
groups: { dba: , oncall: { slack: C0, rotation: ${rotation} } }`;
const WEEKLY = `{ zone: Europe/Berlin, starts: '2026-10-19T09:00', every: 7d, people: [dana, ana] }`;
const directoryAt = (at: string, rotation = WEEKLY) => {
  const source = parseDirectory(file(rotation), 'acme.yaml');
  return overlaid({ current: () => source }, [ROTATIONS], () => new Date(at))();
};
const members = (at: string, rotation?: string) =>
  directoryAt(at, rotation)
    .membersOf(['oncall'])
    .map(({ id }) => id);
const given = (rotation: string) => parseDirectory(file(rotation), 'acme.yaml').data.groups['oncall']!.rotation!;

describe('a group whose duty is taken in turns', () => {
  it('has one member: whoever is on duty now', () => {
    expect(members('2026-10-19T06:59:59Z')).toEqual([]);
    expect(members('2026-10-19T07:00:00Z')).toEqual(['dana']);
    // Clocks go back on the 25th: it is still handed over at nine.
    expect(members('2026-10-26T07:59:59Z')).toEqual(['dana']);
    expect(members('2026-10-26T08:00:00Z')).toEqual(['ana']);
    expect(members('2026-11-02T08:00:00Z')).toEqual(['dana']);
    const directory = directoryAt('2026-10-26T08:00:00Z');
    expect(directory.person('dana')).toMatchObject({ groups: ['dba'], rota: ['oncall'] });
    expect(directory.person('ben')).not.toHaveProperty('rota');
  });

  it('is taken over by others for a while', () => {
    const override = `overrides: [{ person: ben, from: '2026-10-20T09:00', to: '2026-10-21T09:00' }] }`;
    const swapped = WEEKLY.replace(/ }$/, `, ${override}`);
    expect(members('2026-10-20T06:59:59Z', swapped)).toEqual(['dana']);
    expect(members('2026-10-20T07:00:00Z', swapped)).toEqual(['ben']);
    expect(members('2026-10-21T07:00:00Z', swapped)).toEqual(['dana']);
    expect(directoryAt('2026-10-22T00:00:00Z', swapped).person('ben')).toMatchObject({ groups: [], rota: ['oncall'] });
    expect(onDuty(given(swapped), Date.parse('2026-10-19T12:00:00Z')).until).toBe(Date.parse('2026-10-20T07:00:00Z'));
  });

  it('is handed over once, at whatever is done to the clocks: every instant has one member, and the next after it', () => {
    for (const start of ['02:30', '02:00', '03:00', '00:00'])
      for (const every of ['12h', '1d', '1w']) {
        const rotation = given(
          `{ zone: Europe/Berlin, starts: '2026-03-01T${start}', every: ${every}, people: [dana, ana, ben] }`,
        );
        for (const day of ['2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z']) {
          let before = onDuty(rotation, Date.parse(day));
          for (let at = Date.parse(day); at < Date.parse(day) + 36 * 3_600_000; at += 900_000) {
            const now = onDuty(rotation, at);
            if (at < before.until) expect(now).toEqual(before);
            else
              expect(now.person).toBe(['dana', 'ana', 'ben'][(['dana', 'ana', 'ben'].indexOf(before.person!) + 1) % 3]);
            expect(now.until).toBeGreaterThan(at);
            before = now;
          }
        }
      }
  });

  it('follows the clock without anybody touching the file', () => {
    const source = parseDirectory(file(WEEKLY), 'acme.yaml');
    let now = new Date('2026-10-26T07:59:59Z');
    const directory = overlaid({ current: () => source }, [ROTATIONS], () => now);
    expect(directory()).toBe(directory());
    const first = directory();
    now = new Date('2026-10-26T08:00:00Z');
    expect([first, directory()].map((one) => one.membersOf(['oncall'])[0]!.id)).toEqual(['dana', 'ana']);
  });

  it('leaves a directory without one as it is', () => {
    const source = parseDirectory('groups: { dba: }', 'acme.yaml');
    expect(overlaid({ current: () => source }, [ROTATIONS], () => new Date())()).toBe(source);
  });

  it.each([
    [WEEKLY.replace('ana]', 'eve]'), '', 'the rotation of oncall names eve, who is not under people'],
    [WEEKLY, ', groups: [oncall]', 'ben is in group oncall, which has a rotation'],
    [WEEKLY.replace('7d', '7x'), '', 'write how long a turn is'],
    [WEEKLY.replace('19T09', '32T09'), '', 'is not a date'],
    [WEEKLY.replace('Europe/Berlin', 'Nowhere'), '', 'is not a time zone'],
    [
      WEEKLY.replace(/ }$/, `, overrides: [{ person: ben, from: '2026-10-21T09:00', to: '2026-10-20T09:00' }] }`),
      '',
      'ends before',
    ],
  ])('%s is refused, with what to change', (rotation, more, message) => {
    expect(() => parseDirectory(file(rotation, more), 'acme.yaml')).toThrow(message);
  });
});
