import { readFileSync } from 'node:fs';
import { parseBundle, withData, type Bundle } from '../src/bundle.js';

// Bundles without opa: one compiled policy with different data.

const archive = readFileSync(new URL('../fixtures/anything.tar.gz', import.meta.url));

/** A policy that answers what `context.answer` says. */
export const ANYTHING = parseBundle(archive, 'file', 'anything.tar.gz');

export function numbered(n: number): Bundle {
  return { ...withData(ANYTHING, `{"number":${n}}`), location: `bundle ${n}` };
}

export const ALLOW = { effect: 'allow', reasons: [{ rule: 'r', text: 't' }], risk: { level: 'low', factors: [] } };

/** A policy input that `ANYTHING` allows. */
export const QUESTION = JSON.stringify({
  action: { name: 'db.read', properties: {} },
  context: { answer: ALLOW },
  history: {},
  resource: { id: 'x', type: 't' },
  subject: { id: 'release-bot', type: 'agent' },
});
