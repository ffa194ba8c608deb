import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authenticator } from './credentials.js';
import { parseDirectory } from './file.js';

const SHARED = 'the-token-that-the-four-services-share';
const hashed = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}`;
const directory = parseDirectory(
  `people: [{ id: dana@acme.example, name: Dana, tokens: ['${hashed('dana')}', '${hashed(SHARED)}'] }]`,
  'acme.yaml',
);
const nobody = parseDirectory('people: []', 'empty.yaml');

describe('a credential', () => {
  it('is the holder’s in the directory as it is now', () => {
    let current = directory;
    const authenticate = authenticator(() => current, undefined, 'notifier');
    expect(authenticate('dana')).toMatchObject({ kind: 'person', id: 'dana@acme.example' });
    current = nobody;
    expect(authenticate('dana')).toBeUndefined();
  });

  it('makes a service only of the exact shared token, and nobody where none is shared', () => {
    const authenticate = authenticator(() => nobody, SHARED, 'notifier');
    expect(authenticate(SHARED)).toEqual({ kind: 'service', id: 'notifier' });
    for (const other of ['', SHARED.slice(1), `${SHARED} `, 'undefined']) expect(authenticate(other)).toBeUndefined();
    expect(authenticator(() => nobody, undefined, 'notifier')(SHARED)).toBeUndefined();
  });

  it('that a person holds too makes no service of that person', () => {
    expect(authenticator(() => directory, SHARED, 'notifier')(SHARED)).toMatchObject({ kind: 'person' });
  });
});
