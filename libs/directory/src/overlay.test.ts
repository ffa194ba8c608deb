import { expect, it } from 'vitest';
import { parseDirectory } from './file.js';
import { overlaid, type Overlay } from './overlay.js';

const FILE = 'people: [{ id: dana, name: Dana }, { id: ben, name: Ben }]';

function aSource() {
  let directory = parseDirectory(FILE, 'test');
  return { current: () => directory, change: () => (directory = parseDirectory(FILE, 'test')) };
}

/** Disables whoever it names, for as long as it says. */
function disabling(named: { id?: string; revision: number; until?: Date }): Overlay {
  return {
    revision: () => named.revision,
    apply: (data, at) => {
      if (!named.id || (named.until && at >= named.until)) return { data };
      const people = data.people.map((person) => (person.id === named.id ? { ...person, disabled: true } : person));
      return { data: { ...data, people }, ...(named.until ? { until: named.until } : {}) };
    },
  };
}

it('what is known from elsewhere holds as soon as it is known, and no longer', () => {
  const named: { id?: string; revision: number } = { revision: 0 };
  const source = aSource();
  const current = overlaid(source, [disabling(named)], () => new Date());
  expect(current()).toBe(source.current());
  named.id = 'dana';
  expect(current().person('dana')?.disabled).toBe(false);
  named.revision = 1;
  expect(current().person('dana')?.disabled).toBe(true);
  expect(current()).toBe(current());
  source.change();
  expect(current().person('dana')?.disabled).toBe(true);
  Object.assign(named, { id: undefined, revision: 2 });
  expect(current()).toBe(source.current());
});

it('time alone ends what was said until then', () => {
  let now = new Date('2026-01-15T10:00:00Z');
  const until = new Date('2026-01-15T11:00:00Z');
  const current = overlaid(aSource(), [disabling({ id: 'ben', revision: 0, until })], () => now);
  expect(current().person('ben')?.disabled).toBe(true);
  now = until;
  expect(current().person('ben')?.disabled).toBe(false);
});

it('several go one after another', () => {
  const overlays = ['dana', 'ben'].map((id) => disabling({ id, revision: 0 }));
  const current = overlaid(aSource(), overlays, () => new Date());
  expect(['dana', 'ben'].map((id) => current().person(id)?.disabled)).toEqual([true, true]);
});

it('of a large directory whoever is new waits for a while, and what takes something away never does', () => {
  const said = { revision: 0, strictures: 0, people: [] as { id: string; disabled: boolean }[] };
  let ms = 0;
  const overlay: Overlay = {
    revision: () => said.revision,
    strictures: () => said.strictures,
    apply: (data) => {
      ms += 100;
      const more = said.people.map((one) => ({ ...data.people[0]!, ...one, tokens: [], links: {} }));
      return { data: { ...data, people: [...data.people, ...more] } };
    },
  };
  const current = overlaid(
    aSource(),
    [overlay],
    () => new Date(0),
    () => ms,
  );
  expect(current().person('kim')).toBeUndefined();
  Object.assign(said, { revision: 1, people: [{ id: 'kim', disabled: false }] });
  ms += 999;
  expect(current().person('kim')).toBeUndefined();
  ms += 1;
  expect(current().person('kim')?.disabled).toBe(false);
  Object.assign(said, { revision: 2, strictures: 1, people: [{ id: 'kim', disabled: true }] });
  expect(current().person('kim')?.disabled).toBe(true);
});
