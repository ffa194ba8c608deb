import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@countersign/contract';
import { isKeyName, nameAt, readKeyFile, type FolderKey } from './key-file.js';
import { createKeyFile, loadOrCreateSigningKey } from './signing-key.js';

export type { FolderKey } from './key-file.js';

/**
 * The keys in a folder, as they are now: whoever asks sees a key that was added and misses one that was taken away, without
 * a restart and in every process that shares the folder. Looking is a directory listing; only what has changed is read.
 */
export class KeyFolder {
  #seen = new Map<string, { mark: string; key?: FolderKey; problem?: string }>();
  #keys: readonly FolderKey[] = [];
  #problem: string | undefined;

  /** Throws Fault `signing-key` when a key in it cannot be used. An empty folder gets a first key. */
  constructor(readonly folder: string) {
    makeFirst(folder);
    this.#look();
    if (this.#problem !== undefined) throw new Fault('signing-key', this.#problem);
  }

  /**
   * The oldest first. A file that cannot be used is left out and told by `problem`. A folder that cannot be read takes no
   * key away; one from which all keys were taken has none, and none is made up for it while others may look at another.
   */
  keys(): readonly FolderKey[] {
    try {
      this.#look();
    } catch (error) {
      this.#problem = `the folder of signing keys ${this.folder} cannot be read: ${(error as Error).message}`;
    }
    return this.#keys;
  }

  /** What is wrong with the folder, as of the last look. */
  problem(): string | undefined {
    return this.#problem;
  }

  #look(): void {
    const seen = new Map<string, { mark: string; key?: FolderKey; problem?: string }>();
    for (const name of names(this.folder)) {
      const { mtimeMs, ctimeMs, size, ino } = statSync(join(this.folder, name), { throwIfNoEntry: false }) ?? {};
      if (size === undefined) continue;
      const mark = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
      const known = this.#seen.get(name);
      seen.set(name, known?.mark === mark ? known : { mark, ...attempt(this.folder, name) });
    }
    this.#seen = seen;
    this.#keys = [...seen.values()].flatMap(({ key }) => key ?? []).sort((a, b) => a.signsFrom - b.signsFrom);
    const problems = [...seen.values()].flatMap(({ problem }) => problem ?? []);
    if (this.#keys.length === 0)
      problems.push(`${this.folder} holds no key that signs grants: countersign keys rotate`);
    this.#problem = problems[0];
  }
}

/** Adds a key that signs from then on. Throws Fault `signing-key` if one does already. */
export function rotateKeys(folder: string, from: Date): FolderKey {
  // The first key has to be there before a second one: it signs until then.
  makeFirst(folder);
  const name = nameAt(from);
  if (!createKeyFile(join(folder, name)))
    throw new Fault('signing-key', `${join(folder, name)} is there already: a key signs from that very second`);
  return readKeyFile(folder, name);
}

/**
 * Takes a key away; its file stays under another name, for whoever has to find out. Throws Fault `signing-key` if there is no
 * such key, or no other.
 */
export function removeKey(folder: string, kid: string): string {
  const keys = names(folder).flatMap((name) => attempt(folder, name).key ?? []);
  const found = keys.find((key) => key.kid === kid);
  if (!found) throw new Fault('signing-key', `${folder} holds no key ${kid}: countersign keys lists them`);
  if (keys.length === 1)
    throw new Fault(
      'signing-key',
      `${kid} is the only key in ${folder}: add another one first, countersign keys rotate`,
    );
  const aside = join(folder, `removed-${found.name}`);
  renameSync(join(folder, found.name), aside);
  return aside;
}

function makeFirst(folder: string): void {
  if (!existsSync(folder) || names(folder).length === 0) loadOrCreateSigningKey(join(folder, 'grant.pem'));
}

function names(folder: string): string[] {
  return readdirSync(folder).filter(isKeyName);
}

function attempt(folder: string, name: string): { key: FolderKey } | { key?: undefined; problem: string } {
  try {
    return { key: readKeyFile(folder, name) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
