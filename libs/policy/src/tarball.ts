import { gunzipSync } from 'node:zlib';

const BLOCK = 512;
/** Bytes a bundle may unpack to: a guard against a small archive that is a large one. */
const MAX_UNPACKED = 256 * 1024 * 1024;

/** The regular files of a gzipped tar archive, by name without a leading slash. Throws an Error on anything malformed. */
export function unpack(archive: Uint8Array): Map<string, Buffer> {
  const tar = gunzipSync(archive, { maxOutputLength: MAX_UNPACKED });
  const files = new Map<string, Buffer>();
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = Number.parseInt(text(header, 124, 12).trim(), 8);
    if (!Number.isInteger(size) || size < 0 || at + BLOCK + size > tar.length)
      throw new Error('the archive is damaged');
    const type = text(header, 156, 1);
    if (type === '' || type === '0') {
      const prefix = text(header, 345, 155);
      const name = `${prefix === '' ? '' : `${prefix}/`}${text(header, 0, 100)}`.replace(/^(\.?\/)+/, '');
      files.set(name, tar.subarray(at + BLOCK, at + BLOCK + size));
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}
