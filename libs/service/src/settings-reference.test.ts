import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settingsReference } from './settings-reference.js';

it('the configuration reference says what is enforced', () => {
  const written = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  expect(written, 'write docs/configuration.md anew: npm run reference').toBe(settingsReference());
});
