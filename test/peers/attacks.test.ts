import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const LIST = readFileSync(join(ROOT, 'docs/attacks.md'), 'utf8');

const listed = [...LIST.matchAll(/^\| (?<attack>.+?) +\| (?<stands>.+?) +\| `(?<file>[^`]+)` +\|$/gm)].map(
  ({ groups }) => groups as { attack: string; stands: string; file: string },
);
const tests = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts') && name !== 'attacks.test.ts')
  .flatMap((name) => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    const titles = [...text.matchAll(/\bit(?:\.each\([^;]*?\]\))?\(\s*'(?<title>[^']+)'/g)];
    return titles.map(({ groups }) => ({ file: `test/peers/${name}`, title: groups!['title']! }));
  });

describe('the list of attacks', () => {
  it.each(listed)('has a test for it: $attack', ({ attack, file }) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(attack);
  });

  it.each(tests)('has it among them: $title', ({ file, title }) => {
    // What a table varies comes after a colon.
    const attack = title.replace(/: %s$/, '');
    expect(listed).toContainEqual(expect.objectContaining({ attack, file }));
  });

  it('names every attack once, and is not shorter than it was', () => {
    expect(new Set(listed.map(({ attack }) => attack)).size).toBe(listed.length);
    expect(listed.length).toBeGreaterThanOrEqual(46);
    expect(tests.length).toBeGreaterThanOrEqual(36);
  });
});
