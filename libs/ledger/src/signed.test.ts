import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkpointText, parseCheckpoint } from './checkpoint.js';
import { noteKey, openNote, parseVerifier, signNote, verifierOf } from './note.js';
import { parseTilePath, tilePath, TILE_WIDTH } from './tile.js';

const key = noteKey('example.com/ledger', generateKeyPairSync('ed25519').privateKey);
const other = noteKey('example.com/ledger', generateKeyPairSync('ed25519').privateKey);
const TEXT = 'example.com/ledger\n3\nQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n';

describe('a signed note', () => {
  test('opens with the key that signed it, and with nothing else', () => {
    const note = signNote(TEXT, key);
    expect(openNote(note, [key])).toEqual({ text: TEXT, signers: [verifierOf(key)] });
    expect(openNote(note, [other])).toEqual({ problem: 'no known key signed the note' });
    expect(openNote(note, [])).toHaveProperty('problem');
  });

  test('is the same bytes for the same key for ever', () => {
    const fixed = noteKey('example.com/ledger', privateKey(Buffer.alloc(32, 7)));
    expect(verifierOf(fixed)).toMatchInlineSnapshot(
      `"example.com/ledger+ec4d6e6d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"`,
    );
    expect(signNote(TEXT, fixed)).toMatchInlineSnapshot(`
      "example.com/ledger
      3
      QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=

      — example.com/ledger 7E1ubYZsoF5aOKpiIkXxuVwGo+oO2FTtoKC2oF/3FCACxH/4dBC3b4xheNv+VIu6DK1HdFpoSFI5RTsnziqKTGY4SQ0=
      "
    `);
  });

  test('may carry signatures by keys that are not known here', () => {
    const unknown = signNote(TEXT, other).split('\n\n')[1]!;
    expect(openNote(signNote(TEXT, key) + unknown, [key])).toMatchObject({ text: TEXT });
    expect(openNote(signNote(TEXT, key) + unknown.repeat(15), [key])).toMatchObject({ text: TEXT });
    expect(openNote(signNote(TEXT, key) + unknown, [key, other])).toMatchObject({
      signers: [verifierOf(key), verifierOf(other)],
    });
  });

  test('is condemned by one signature of a known key that does not hold', () => {
    const stolen = signNote('something else\n', other).split('\n\n')[1]!;
    expect(openNote(signNote(TEXT, key) + stolen, [key, other])).toEqual({
      problem: `the signature by ${other.name}+${other.id} does not hold`,
    });
  });

  test('does not survive any changed character', () => {
    const note = signNote(TEXT, key);
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.constantFrom('A', 'z', '\n', ' ', '0'), (at, char) => {
        fc.pre(note[at] !== char);
        expect(openNote(note.slice(0, at) + char + note.slice(at + 1), [key])).toHaveProperty('problem');
      }),
    );
  });

  test.each([
    ['no signatures', TEXT],
    ['no final newline', signNote(TEXT, key).slice(0, -1)],
    ['control characters', signNote(TEXT, key).replace('3', '\u0007')],
    ['a hyphen for the dash', signNote(TEXT, key).replace('\u2014', '-')],
    ['a signature that is too short', `${TEXT}\n\u2014 a AAAA\n`],
    ['a name with a plus sign', `${TEXT}\n\u2014 a+b AAAAAAAAAA==\n`],
    ['base64 with loose bits', `${TEXT}\n\u2014 a AAAAAAB=\n`],
    ['a hundred and one signatures', `${TEXT}\n${'\u2014 a AAAAAAA=\n'.repeat(101)}`],
    ['more bytes than anybody needs', `${'x'.repeat(70_000)}\n\n\u2014 a AAAAAAA=\n`],
  ])('with %s is refused', (_what, note) => expect(openNote(note, [key])).toHaveProperty('problem'));

  test('is not signed over text that could be read in two ways', () => {
    expect(() => signNote('no newline', key)).toThrow(RangeError);
    expect(() => signNote('bell\u0007\n', key)).toThrow(RangeError);
    expect(() => signNote('half \ud800\n', key)).toThrow(RangeError);
  });
});

describe('a verifier key', () => {
  test('goes from hand to hand as text', () => {
    const parsed = parseVerifier(`${verifierOf(key)}\n`)!;
    expect(parsed).toMatchObject({ name: key.name, id: key.id });
    expect(openNote(signNote(TEXT, key), [parsed])).toHaveProperty('text');
  });

  test.each([
    ['empty', ''],
    ['cut', verifierOf(key).slice(0, -6)],
    ['under another name', verifierOf(key).replace('example', 'exemple')],
    ['with the id of another key', verifierOf(key).replace(key.id, other.id)],
    ['of another algorithm', verifierOf(key).replace(/\+A/, '+B')],
    ['with a space in its name', verifierOf(key).replace('/', ' ')],
  ])('that is %s is refused', (_what, text) => expect(parseVerifier(text)).toBeUndefined());

  test('has a name that cannot be confused and is Ed25519', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'half \ud800'])
      expect(() => noteKey(name, key.secret)).toThrow(RangeError);
    expect(() => noteKey('a', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).toThrow('Ed25519');
  });
});

describe('a checkpoint', () => {
  const root = Buffer.alloc(32, 0x41);
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (size) => {
        const checkpoint = { origin: 'example.com/ledger', size, root };
        expect(parseCheckpoint(checkpointText(checkpoint))).toEqual(checkpoint);
      }),
    );
    expect(parseCheckpoint(`${TEXT}extension\n`)).toMatchObject({ size: 3 });
  });

  test.each([
    ['an empty origin', TEXT.replace('example.com/ledger', '')],
    ['a size with a leading zero', TEXT.replace('\n3\n', '\n03\n')],
    ['a negative size', TEXT.replace('\n3\n', '\n-3\n')],
    ['a size beyond exact numbers', TEXT.replace('\n3\n', '\n9999999999999999\n')],
    ['a root that is too short', TEXT.replace('QUFB', '')],
    ['a root in loose base64', TEXT.replace('QUE=', 'QUF=')],
    ['no final newline', TEXT.slice(0, -1)],
    ['an empty extension line', `${TEXT}\n`],
    ['one line', 'example.com/ledger'],
  ])('with %s is none', (_what, text) => expect(parseCheckpoint(text)).toBeUndefined());
});

describe('a tile', () => {
  test('has the path of the specification', () => {
    expect(tilePath({ level: 0, index: 1234067, width: TILE_WIDTH })).toBe('0/x001/x234/067');
    expect(tilePath({ level: 1, index: 0, width: 5 })).toBe('1/000.p/5');
  });

  test('has exactly one path', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.nat({ max: 2 ** 45 }), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width });
      }),
    );
    for (const path of [
      '',
      '0',
      '0/1',
      '00/000',
      '0/x000/001',
      '0/000.p/256',
      '0/000.p/0',
      '0/000.p/05',
      '64/000',
      '0/000.p/300',
      '../0/000',
    ]) {
      expect(parseTilePath(path), path).toBeUndefined();
    }
  });
});

/** An Ed25519 key from its 32 bytes (PKCS 8, RFC 8410). */
function privateKey(seed: Buffer): KeyObject {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
