import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';

// C2SP signed notes: text, a blank line, and one line per signature. The text is what is signed, byte for byte. Signatures
// by keys that are not known here mean nothing; one by a known key that does not hold condemns the whole note.

export interface Verifier {
  name: string;
  /** Eight hex digits: SHA-256(name || 0x0A || type || key), cut to four bytes. A hint, not a safeguard. */
  id: string;
  key: KeyObject;
}

export interface NoteKey extends Verifier {
  /** Ed25519 private key. */
  secret: KeyObject;
}

export type OpenedNote = { text: string; signers: string[] } | { problem: string };

const ED25519 = 1;
const DASH = '\u2014';
/** An attacker chooses the length of a note: nothing above this is looked at. */
const LONGEST_NOTE = 64 * 1024;
const MOST_SIGNATURES = 100;
/** What precedes the 32 raw bytes of an Ed25519 key in SPKI DER (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** A signing key under a name. The name says which log it is: spaces and plus signs would make it ambiguous. */
export function noteKey(name: string, secret: KeyObject): NoteKey {
  if (!isName(name)) throw new RangeError(`"${name}" cannot name a key: it is empty or holds a space or a plus sign`);
  if (secret.asymmetricKeyType !== 'ed25519') throw new RangeError('a note is signed with an Ed25519 key');
  const key = createPublicKey(secret);
  return { name, id: keyId(name, raw(key)), key, secret };
}

/** The text by which a key is given to others: name, id and key, joined by plus signs. */
export function verifierOf(key: Verifier): string {
  return `${key.name}+${key.id}+${Buffer.concat([Buffer.from([ED25519]), raw(key.key)]).toString('base64')}`;
}

/** Undefined when the text is no Ed25519 verifier key, or when its id does not belong to it. */
export function parseVerifier(text: string): Verifier | undefined {
  const [, name = '', id, encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
  const typed = Buffer.from(encoded, 'base64');
  if (!isName(name) || typed.length !== 33 || typed[0] !== ED25519) return undefined;
  const bytes = typed.subarray(1);
  if (keyId(name, bytes) !== id) return undefined;
  return { name, id, key: createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' }) };
}

export function signNote(text: string, key: NoteKey): string {
  if (!isText(text)) throw new RangeError('the text of a note ends in a newline and holds no other control character');
  const signature = Buffer.concat([Buffer.from(key.id, 'hex'), sign(null, Buffer.from(text), key.secret)]);
  return `${text}\n${DASH} ${key.name} ${signature.toString('base64')}\n`;
}

/** Opens a note that at least one of the verifiers signed. */
export function openNote(note: string, verifiers: readonly Verifier[]): OpenedNote {
  if (note.length > LONGEST_NOTE) return { problem: 'the note is too long' };
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return { problem: 'the note has no signatures' };
  const text = note.slice(0, split + 1);
  if (!isText(text)) return { problem: 'the text of the note holds control characters' };
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) return { problem: 'the note has too many signatures' };
  const signers = new Set<string>();
  for (const line of lines) {
    const parsed = parseSignature(line);
    if (!parsed) return { problem: 'a signature line is malformed' };
    const verifier = verifiers.find((known) => known.name === parsed.name && known.id === parsed.id);
    if (!verifier) continue;
    if (!verify(null, Buffer.from(text), verifier.key, parsed.signature)) {
      return { problem: `the signature by ${verifier.name}+${verifier.id} does not hold` };
    }
    signers.add(verifierOf(verifier));
  }
  return signers.size > 0 ? { text, signers: [...signers] } : { problem: 'no known key signed the note' };
}

function parseSignature(line: string): { name: string; id: string; signature: Buffer } | undefined {
  const [, name = '', encoded = ''] = /^\u2014 (\S+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  // The encoding must be the canonical one, or the same signature could be written in several ways.
  if (!isName(name) || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
  return { name, id: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
}

function isName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\s+]/u.test(name);
}

function isText(text: string): boolean {
  // The specification's range: no control character below space but the newline.
  return text.endsWith('\n') && text.isWellFormed() && ![...text].some((c) => c < ' ' && c !== '\n');
}

function keyId(name: string, key: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), key]), 'hex').slice(0, 8);
}

function raw(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
}
