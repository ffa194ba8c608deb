import { gunzip, gunzipSync, gzipSync } from 'node:zlib';
import { promisify } from 'node:util';

const BLOCK = 512;
/** Bytes a bundle may unpack to: a guard against a small archive that is a large one. */
const MAX_UNPACKED = 256 * 1024 * 1024;

/** The regular files of a gzipped tar archive, by name without a leading slash. Throws an Error on anything malformed. */
export function unpack(archive: Uint8Array): Map<string, Buffer> {
  return filesOf(gunzipSync(archive, { maxOutputLength: MAX_UNPACKED }));
}

/** The same, without keeping anybody waiting while it is decompressed. */
export async function unpackInBackground(archive: Uint8Array): Promise<Map<string, Buffer>> {
  return filesOf(await promisify(gunzip)(archive, { maxOutputLength: MAX_UNPACKED }));
}

/** A gzipped tar archive as opa writes one: names begin with a slash, and there is no time in it. */
export function pack(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const blocks = [...files].flatMap(([name, content]) => {
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(`/${name}`, content.length), content, padding];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

// What cannot be understood is refused rather than skipped: an archive must not be read here otherwise than by who signed it.
function filesOf(tar: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = Number.parseInt(text(header, 124, 12).trim(), 8);
    if (!Number.isInteger(size) || size < 0 || at + BLOCK + size > tar.length)
      throw new Error('the archive is damaged');
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = text(header, 156, 1);
    if (type === 'x') longName = paxPath(content);
    else if (type === 'L') longName = text(content, 0, size);
    else if (type === '' || type === '0') {
      const name = plainName(longName ?? nameOf(header));
      if (files.has(name)) throw new Error(`the archive holds ${name} twice`);
      files.set(name, content);
      longName = undefined;
    } else if (type !== '5' && type !== 'g') {
      throw new Error(`the archive holds ${plainName(nameOf(header))}, which is not a file`);
    } else longName = undefined;
  }
  return files;
}

function nameOf(header: Buffer): string {
  const prefix = text(header, 345, 155);
  return `${prefix === '' ? '' : `${prefix}/`}${text(header, 0, 100)}`;
}

function plainName(name: string): string {
  const plain = name.replace(/^(\.?\/)+/, '');
  if (plain.split('/').some((part) => part === '..')) throw new Error('the archive holds a path that leaves it');
  return plain;
}

/** The path in a POSIX extended header, whose records are "length key=value" and a line end. */
function paxPath(records: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < records.length;) {
    const space = records.indexOf(0x20, at);
    const length = Number(records.toString('utf8', at, space));
    if (space < 0 || !Number.isInteger(length) || length <= space - at || at + length > records.length)
      throw new Error('the archive is damaged');
    const [, key, value] = /^([^=]+)=([^]*)\n$/.exec(records.toString('utf8', space + 1, at + length)) ?? [];
    if (key === 'path') path = value;
    at += length;
  }
  return path;
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for an archive`);
  block.write(name, 0);
  block.write('0000600\0' + '0000000\0'.repeat(2), 100, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124, 'latin1');
  block.write(' '.repeat(8) + '0', 148, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Text that ends at a zero byte, or where its field ends. */
function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}
