import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyFolder, removeKey, rotateKeys } from './index.js';

const T1 = new Date('2026-11-20T13:59:59.300Z');
const T2 = new Date('2026-11-21T14:00:00Z');
let place: string;
let folder: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  folder = join(place, 'keys');
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const kids = (keys: KeyFolder) => keys.keys().map(({ kid }) => kid);

describe('a folder of signing keys', () => {
  it('gets a first key, which its owner alone may read, and every process finds the same', () => {
    const [one, other] = [new KeyFolder(folder), new KeyFolder(folder)];
    expect(kids(one)).toEqual(kids(other));
    expect(one.keys()).toMatchObject([{ name: 'grant.pem', signsFrom: -Infinity }]);
    expect(statSync(join(folder, 'grant.pem')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['grant.pem']);
  });

  it('is followed: a key that is added is seen by all, in its order, and one that is taken away is gone', () => {
    const running = new KeyFolder(folder);
    const [first] = kids(running);
    const third = rotateKeys(folder, T2);
    const second = rotateKeys(folder, T1);
    expect(kids(running)).toEqual([first, second.kid, third.kid]);
    expect(second).toMatchObject({ name: 'grant-20261120T140000Z.pem', signsFrom: Date.parse('2026-11-20T14:00:00Z') });
    expect(statSync(join(folder, second.name)).mode & 0o777).toBe(0o600);
    expect(() => rotateKeys(folder, T1)).toThrow('from that very second');
    expect(removeKey(folder, first!)).toBe(join(folder, 'removed-grant.pem'));
    expect(kids(running)).toEqual([second.kid, third.kid]);
    expect(() => removeKey(folder, first!)).toThrow('holds no key');
    rmSync(join(folder, third.name));
    expect(kids(running)).toEqual([second.kid]);
    expect(() => removeKey(folder, second.kid)).toThrow('add another one first');
    expect(running.problem()).toBeUndefined();
  });

  it('is the same folder on another machine once it has been copied there', () => {
    const next = rotateKeys(folder, T1);
    const copy = join(place, 'copy');
    cpSync(folder, copy, { recursive: true });
    chmodSync(join(copy, next.name), 0o600);
    chmodSync(join(copy, 'grant.pem'), 0o600);
    expect(kids(new KeyFolder(copy))).toEqual(kids(new KeyFolder(folder)));
  });

  it('that goes away for a moment takes no key away, and says so', () => {
    const running = new KeyFolder(folder);
    const before = kids(running);
    renameSync(folder, join(place, 'away'));
    expect(kids(running)).toEqual(before);
    expect(running.problem()).toContain('cannot be read');
    renameSync(join(place, 'away'), folder);
    expect(kids(running)).toEqual(before);
    expect(running.problem()).toBeUndefined();
  });

  it('from which every key was taken has none: nothing is signed with one that others do not know', () => {
    const running = new KeyFolder(folder);
    rmSync(join(folder, 'grant.pem'));
    expect(running.keys()).toEqual([]);
    expect(running.problem()).toContain('holds no key');
    expect(readdirSync(folder)).toEqual([]);
  });

  const pem = (kind: 'ed25519' | 'ed448') =>
    generateKeyPairSync(kind as 'ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  it.each<[string, string, string | Buffer, number, RegExp]>([
    ['everybody may read', 'grant-20261120T140000Z.pem', pem('ed25519'), 0o644, /everybody on this machine/],
    ['is of another kind', 'grant-20261120T140000Z.pem', pem('ed448'), 0o600, /no Ed25519 private key/],
    ['is half written', 'grant-20261120T140000Z.pem', pem('ed25519').slice(0, 60), 0o600, /no Ed25519 private key/],
    ['does not say from when it signs', 'grant-new.pem', pem('ed25519'), 0o600, /name it like/],
    ['signs from a day that is none', 'grant-20261399T140000Z.pem', pem('ed25519'), 0o600, /name it like/],
  ])('leaves out a key that %s, says so, and takes it once it is right', (_, name, content, mode, problem) => {
    const running = new KeyFolder(folder);
    const before = kids(running);
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
    expect(kids(running)).toEqual(before);
    expect(running.problem()).toMatch(problem);
    // At start it is a fault: nobody waits for it then.
    expect(() => new KeyFolder(folder)).toThrow(problem);
    rmSync(join(folder, name));
    writeFileSync(join(folder, 'grant-20261120T140000Z.pem'), pem('ed25519'), { mode: 0o600 });
    expect(kids(running)).toHaveLength(2);
    expect(running.problem()).toBeUndefined();
  });

  it('may hold other things, which are none of its business', () => {
    const running = new KeyFolder(folder);
    writeFileSync(join(folder, 'checkpoint.pem'), 'x');
    writeFileSync(join(folder, 'grant.pem.bak'), 'x');
    expect(kids(running)).toHaveLength(1);
    expect(running.problem()).toBeUndefined();
  });
});
