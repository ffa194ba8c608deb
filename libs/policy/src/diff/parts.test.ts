import { describe, expect, it } from 'vitest';
import { readCases } from '../cases/case-file.js';
import { faultVerdict } from '../fault-verdict.js';
import { pack } from '../tarball.js';
import { caseChanges } from './case-changes.js';
import { dataChanges } from './data-changes.js';
import { titlesOf } from './titles.js';

describe('data that differ', () => {
  it.each([
    ['{}', '{}', []],
    ['{"a":1}', '{"a":2}', [{ pointer: '/a', change: 'changed', before: 1, after: 2 }]],
    ['{"a":{"b":1}}', '{"a":{}}', [{ pointer: '/a/b', change: 'removed', before: 1 }]],
    ['{}', '{"a/b":{"~":[1]}}', [{ pointer: '/a~1b', change: 'added', after: { '~': [1] } }]],
    ['{"a":[1]}', '{"a":[1,2]}', [{ pointer: '/a', change: 'changed', before: [1], after: [1, 2] }]],
    ['{"a":{}}', '{"a":[]}', [{ pointer: '/a', change: 'changed', before: {}, after: [] }]],
    ['{"__proto__":1}', '{}', [{ pointer: '/__proto__', change: 'removed', before: 1 }]],
  ])('%s and %s', (before, after, changes) => {
    expect(dataChanges(before, after)).toEqual(changes);
  });
});

it('titles are found by the id of the rule they stand before', () => {
  const module = `# METADATA
# title: Databases
# scope: package
package policies.db

# METADATA
# title: "Bulk delete"
# description: Many rows.
require_approval contains {
	"rule": "bulk-delete",
} if input.x

# METADATA
# description: No title.
deny contains {"rule": "untitled"} if input.y
`;
  const archive = pack(
    new Map([
      ['/db.rego', Buffer.from(module)],
      ['/data.json', Buffer.from('{}')],
    ]),
  );
  expect([...(titlesOf({ archive }).get('policies.db') ?? [])]).toContainEqual(['bulk-delete', 'Bulk delete']);
  expect(titlesOf({ archive }).get('policies.db')!.has('untitled')).toBe(false);
});

it('a case is asked once, and reported when the answer or its reason is another', () => {
  const text = (name: string) =>
    `  - {name: ${name}, input: {action: {name: a.b}, resource: {type: x, id: y}}, expect: {effect: deny}}\n`;
  const { cases } = readCases(`cases:\n${text('one')}${text('the same')}`, 'x.cases.yaml');
  const denies = (rule: string) => ({
    evaluate: () => ({ ...faultVerdict('undefined', ''), reasons: [{ rule, text: '' }] }),
  });
  expect(caseChanges(cases, denies('a'), denies('a'))).toEqual({ asked: 1, changes: [] });
  const { changes } = caseChanges(cases, denies('a'), denies('b'));
  expect(changes).toMatchObject([{ looser: [], stricter: [], before: { rules: ['a'] }, after: { rules: ['b'] } }]);
});
