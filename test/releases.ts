import { readFileSync } from 'node:fs';
import { parseBundle, withData } from '../libs/policy/src/bundle.js';
import { pack } from '../libs/policy/src/tarball.js';
import { CHANGING } from './gate.js';

// Policies that differ in nothing but their name and what they say about being changed.

export const FIRST = parseBundle(readFileSync(CHANGING), 'file', CHANGING);

export interface Terms {
  /** An effect. */
  activate?: string;
  rollback?: string;
}

/** The policy of CHANGING under the name of another release, and with other terms of change. */
export function release(name: string, terms: Terms = {}): { revision: string; archive: Buffer } {
  const held = { activate: 'require_approval', rollback: 'require_approval' };
  return withData(FIRST, JSON.stringify({ release: name, ...held, ...terms }));
}

/** An archive of these files. */
export function archiveOf(files: Record<string, string>): Buffer {
  return pack(new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
}
