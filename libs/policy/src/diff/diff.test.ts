import { canonicalize } from '@countersign/ledger';
import { describe, expect, it } from 'vitest';
import type { Bundle } from '../bundle.js';
import { pack } from '../tarball.js';
import { diffBundles, recordedChanges, summaryOf } from './bundle-diff.js';
import { rulesOf } from './rules.js';

const DB = `# METADATA
# title: Databases
package policies.db

import data.lib.amount

deny contains {"rule": "drop-table", "reason": $"drops {input.resource.id}"} if {
	input.action.name == "db.drop" # always
}

allow contains {"rule": "read", "reason": "reads"} if input.action.name in reads

reads := {"db.read", "db.list"}

default big := false

big if amount.argument("rows") > 100
else := true if amount.argument("rows") == "# no comment { ("
`;

/** A bundle with these modules; its code changes with `code`. */
function bundle(modules: Record<string, string>, code = 'code', data = '{}'): Bundle {
  const files = new Map(Object.entries(modules).map(([name, text]) => [name, Buffer.from(text)]));
  return {
    revision: 'sha256:x',
    source: 'file',
    location: 'x',
    archive: pack(files),
    wasm: Buffer.from(code),
    data,
    areas: [],
    loadedAt: '',
  };
}

describe('a module comes apart into its rules', () => {
  it('by name, and by the id a rule gives itself', () => {
    const { package: name, rules } = rulesOf(DB);
    expect(name).toBe('policies.db');
    expect(rules.map((rule) => rule.name)).toEqual([
      'import data.lib.amount',
      'deny[drop-table]',
      'allow[read]',
      'reads',
      'default big',
      'big',
    ]);
    expect(rules.at(-1)!.text).toBe(
      'big if amount.argument("rows") > 100 else := true if amount.argument("rows") == "# no comment { ("',
    );
  });

  it('the same whatever its comments, layout and line ends', () => {
    const other = DB.replaceAll('\n', '\r\n')
      .replace('# always', '')
      .replace('reads := {"db.read", "db.list"}', 'reads :=\r\n\t{"db.read",\r\n\t"db.list"}');
    expect(rulesOf(other)).toEqual(rulesOf(DB));
  });

  it.each(['', '}}}{{{', '"', '`', 'package', '\u0000\ud800', '#', 'package a\npackage b'])(
    'without breaking on %j',
    (text) => expect(rulesOf(text)).toEqual(rulesOf(text)),
  );

  it('in a time that grows with its length', () => {
    const long = `package policies.x\n${'deny contains x if {\n\ty[_] == "a" # {\n}\n'.repeat(30_000)}`;
    const start = performance.now();
    expect(rulesOf(long).rules).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

describe('a difference', () => {
  const before = bundle({ 'policies/db/db.rego': DB });

  it('of nothing is none', () => {
    const diff = diffBundles(before, bundle({ 'elsewhere.rego': DB.replace('# always', '# never') }));
    expect(diff).toEqual({ packages: [], dataChanged: false, codeChanged: false });
    expect(summaryOf(diff)).toBe('no difference');
  });

  it('names what was added, removed and changed, with both texts', () => {
    const after = bundle(
      {
        'policies/db/db.rego': DB.replace('"drop-table"', '"drop"').replace('"db.list"', '"db.list", "db.scan"'),
        'policies/mail/mail.rego': 'package policies.mail\n\nallow contains {"rule": "send", "reason": "sends"}\n',
      },
      'other code',
      '{"limit":5}',
    );
    const diff = diffBundles(before, after);
    expect(diff).toMatchObject({
      packages: [
        {
          package: 'policies.db',
          change: 'changed',
          rules: [
            { rule: 'deny[drop-table]', change: 'removed' },
            { rule: 'deny[drop]', change: 'added' },
            { rule: 'reads', change: 'changed', before: 'reads := {"db.read", "db.list"}' },
          ],
        },
        { package: 'policies.mail', change: 'added', rules: [{ rule: 'allow[send]', change: 'added' }] },
      ],
      dataChanged: true,
      codeChanged: true,
    });
    expect(summaryOf(diff)).toBe('2 rules added, 1 changed, 1 removed in db, mail; data changed');
    expect(summaryOf(diffBundles(after, before))).toBe('1 rule added, 1 changed, 2 removed in db, mail; data changed');
  });

  it('is not hidden by a rule that says nothing new', () => {
    // The code is what decides. Its text is what its author put beside it.
    expect(summaryOf(diffBundles(before, bundle({ 'db.rego': DB }, 'evil')))).toBe(
      'code changed, and the text of no rule did',
    );
  });

  it('is found in modules of one package that are kept apart', () => {
    const parts = { 'a.rego': 'package p\n\nx := 1\n', 'b.rego': 'package p\n\nx := 2\n' };
    expect(diffBundles(bundle(parts), bundle({ 'a.rego': 'package p\n\nx := 1\n' })).packages).toMatchObject([
      { package: 'p', rules: [{ rule: 'x', change: 'changed', before: 'x := 1\nx := 2', after: 'x := 1' }] },
    ]);
  });

  it('fits into an event, however large it is', () => {
    const rules = Array.from({ length: 5_000 }, (_, i) => `r${i}${'é'.repeat(300)} := ${i}\n`);
    const packages = Array.from({ length: 50 }, (_, i) => [
      `${i}.rego`,
      `package p${'q'.repeat(300)}${i}\n${rules[i]}`,
    ]);
    for (const modules of [{ 'a.rego': `package p\n${rules.join('')}` }, Object.fromEntries(packages)]) {
      const changes = recordedChanges(diffBundles(before, bundle(modules)), 'sha256:x');
      expect(Buffer.byteLength(canonicalize(changes))).toBeLessThan(40_000);
    }
  });
});
