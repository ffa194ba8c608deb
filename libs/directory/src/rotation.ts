import { DAY, instantsOf, MINUTE, wallAt } from '@countersign/approval';
import { z } from 'zod';
import { zone } from './calendar.js';
import type { DirectoryFile } from './file.js';
import type { Overlay } from './overlay.js';

// Groups whose members are whoever is on duty now. Hand-overs are at the same time of the clock on the wall, so a turn is an
// hour longer or shorter when clocks are changed.

/** A time of the clock on the wall, as the instant at which one in UTC shows it. */
const wall = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/, 'write a local time like "2026-11-02T09:00", in quotes')
  .transform((text) => Date.parse(`${text}Z`))
  .refine(Number.isFinite, 'is not a date');

const UNITS = { h: 60 * MINUTE, d: DAY, w: 7 * DAY } as const;

const every = z
  .string()
  .regex(/^[1-9]\d{0,2}[hdw]$/, 'write how long a turn is: 12h, 7d or 2w')
  .transform((text) => Number(text.slice(0, -1)) * UNITS[text.at(-1) as keyof typeof UNITS]);

const id = z.string().min(1).max(256);

export const rotation = z.strictObject({
  zone,
  starts: wall,
  every,
  people: z.array(id).min(1).max(100),
  overrides: z
    .array(
      z.strictObject({ person: id, from: wall, to: wall }).refine(({ from, to }) => from < to, 'ends before it begins'),
    )
    .max(1_000)
    .default([]),
});

type Rotation = z.infer<typeof rotation>;

/** Who is on duty, if anybody, and until when at least. */
export function onDuty({ zone: place, starts, every: turn, people, overrides }: Rotation, at: number) {
  const handOver = (n: number) => instantsOf(place, starts + n * turn)[0]!;
  // What the clock shows may be an hour ahead of the hand-overs there have been, when it was put back.
  let n = Math.floor((wallAt(place, at) - starts) / turn) + 1;
  while (handOver(n) > at) n--;
  const spans = overrides.map(({ person, from, to }) => ({
    person,
    from: instantsOf(place, from)[0]!,
    to: instantsOf(place, to)[0]!,
  }));
  const instead = spans.find(({ from, to }) => from <= at && at < to)?.person;
  const ends = [handOver(n + 1), ...spans.flatMap(({ from, to }) => [from, to])].filter((end) => end > at);
  return { person: instead ?? (n < 0 ? undefined : people[n % people.length]), until: Math.min(...ends) };
}

/** Makes whoever is on duty the one member of each group that rotates. */
export const ROTATIONS: Overlay = {
  revision: () => 0,
  apply(data, at) {
    const turns = Object.entries(data.groups).flatMap(([group, given]) =>
      given?.rotation ? [{ group, rotation: given.rotation, now: onDuty(given.rotation, at.getTime()) }] : [],
    );
    if (turns.length === 0) return { data };
    const people = data.people.map((person) => {
      const rota = turns.filter(({ rotation: of }) => takesPart(of, person.id)).map(({ group }) => group);
      const duties = turns.filter(({ now }) => now.person === person.id).map(({ group }) => group);
      if (rota.length === 0) return person;
      return { ...person, rota, groups: [...person.groups, ...duties] };
    });
    return { data: { ...data, people }, until: new Date(Math.min(...turns.map(({ now }) => now.until))) };
  },
};

function takesPart({ people, overrides }: Rotation, person: string): boolean {
  return people.includes(person) || overrides.some((one) => one.person === person);
}

/** What would leave a duty to nobody, or to more than whoever is on it. */
export function rotationProblems({ people, groups }: Pick<DirectoryFile, 'people' | 'groups'>): string[] {
  const known = new Set(people.map((person) => person.id));
  return Object.entries(groups).flatMap(([group, given]) => {
    if (!given?.rotation) return [];
    const named = [...given.rotation.people, ...given.rotation.overrides.map(({ person }) => person)];
    return [
      ...named
        .filter((person) => !known.has(person))
        .map((person) => `the rotation of ${group} names ${person}, who is not under people: add them`),
      ...people
        .filter((person) => person.groups.includes(group))
        .map((person) => `${person.id} is in group ${group}, which has a rotation: take them out of one of the two`),
    ];
  });
}
