// What an engine is tried with before it serves: an ordinary request to each area, and one to an area nobody rules.

const REST =
  '"agent":{"groups":[],"id":"warm-up","owner":"warm-up"},"context":{},"history":{},"resource":{"id":"warm-up","type":"warm-up"},"subject":{"id":"warm-up","type":"agent"}';
const TIME = '"time":{"rfc3339":"1970-01-01T00:00:00Z","unix":0}';

/** Policy inputs by the area they ask. */
export function probes(areas: readonly string[]): Map<string, string> {
  return new Map(['', ...areas].map((area) => [area, probe(area === '' ? 'warm_up' : `${area}.warm_up`)]));
}

function probe(action: string): string {
  return `{"action":{"name":"${action}","properties":{}},${REST},${TIME}}`;
}
