import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../atomic-file.js';
import { readBundle, type Bundle } from '../bundle.js';
import type { Log } from '../opa.js';
import type { PolicyKeys } from '../signature/keys.js';
import type { Origin } from './origin.js';

/** What the bundle beside it is. */
interface Note {
  source: Bundle['source'];
  location: string;
  revision: string;
  /** File name and SHA-256 of the archive. */
  archive: string;
  /** RFC 3339, UTC. */
  kept_at: string;
}

const NOTE = 'bundle.json';

/**
 * The last bundle of an origin that served, kept for a start at which the origin cannot be reached. What is kept here is
 * trusted no more than what comes from elsewhere: digest, signature and all are verified again when it is read.
 */
export class LastGood {
  readonly #folder: string;
  readonly #keys: PolicyKeys | undefined;
  readonly #log: Log;
  /** One is kept after the other: what was kept first must not arrive last, nor remove what the note names. */
  #kept: Promise<void> = Promise.resolve();

  constructor(folder: string, keys: PolicyKeys | undefined, log: Log) {
    this.#folder = folder;
    this.#keys = keys;
    this.#log = log;
  }

  /** The last one told stays. A disk that cannot keep it is no reason to stop what serves. */
  keep(origin: Origin, bundle: Bundle): Promise<void> {
    this.#kept = this.#kept.then(() => this.#write(origin, bundle));
    return this.#kept;
  }

  /** The bundle kept from this origin, or undefined. What cannot be trusted any more is not there. */
  async read(origin: Origin): Promise<{ bundle: Bundle; keptAt: string } | undefined> {
    const folder = this.#folderOf(origin);
    try {
      const note = JSON.parse(await readFile(join(folder, NOTE), 'utf8')) as Note;
      if (!/^[0-9a-f]{64}\.tar\.gz$/.test(note.archive)) throw new Error('its note is damaged');
      const archive = await readFile(join(folder, note.archive));
      if (`${sha256(archive)}.tar.gz` !== note.archive) throw new Error('it has changed since');
      const bundle = await readBundle(archive, note.source, origin.location, this.#keys);
      if (bundle.revision !== note.revision) throw new Error('it is another than was kept');
      return { bundle, keptAt: note.kept_at };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log(`the policy kept from an earlier run is not used: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #write(origin: Origin, bundle: Bundle): Promise<void> {
    const { archive, revision, source, location } = bundle;
    const digest = sha256(archive);
    const name = `${digest}.tar.gz`;
    const note: Note = {
      ...{ source, location, revision, archive: name },
      kept_at: new Date().toISOString(),
    };
    const folder = this.#folderOf(origin);
    try {
      // The note is written last: what it names is there.
      await writeAtomically(join(folder, name), archive);
      await writeAtomically(join(folder, NOTE), JSON.stringify(note));
      for (const file of await readdir(folder))
        if (file.endsWith('.tar.gz') && file !== name) await rm(join(folder, file), { force: true });
    } catch (error) {
      this.#log(`policy ${revision} could not be kept for a later start: ${(error as Error).message}`);
    }
  }

  /** Another place has another bundle. */
  #folderOf(origin: Origin): string {
    return join(this.#folder, sha256(origin.identity).slice(0, 16));
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
