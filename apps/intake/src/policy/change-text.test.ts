import type { RecordedChanges } from '@countersign/contract';
import { expect, it } from 'vitest';
import { changeCounts, changeLines } from './change-text.js';

const changes: RecordedChanges = {
  from: 'sha256:old',
  summary: '…',
  packages: [
    {
      package: 'policies.db',
      change: 'changed',
      rules: [
        { rule: 'big', change: 'changed' },
        { rule: 'deny[drop-table]', change: 'removed' },
      ],
    },
    { package: 'policies.mail', change: 'added', rules: [{ rule: 'allow[send]', change: 'added' }] },
  ],
  data_changed: false,
  code_changed: true,
};

it('people read first which rules that speak to somebody are gone', () => {
  expect(changeLines(changes)).toBe('- policies.db deny[drop-table]\n+ policies.mail allow[send]\n~ policies.db big');
});

it('policy reads numbers', () => {
  expect(changeCounts(changes)).toEqual({ added: 1, changed: 1, removed: 1, data: false, code: true });
});
