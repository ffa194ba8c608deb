import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Fault } from '@countersign/contract';
import type { Directory } from './directory.js';
import { parseDirectory } from './file.js';

/** A directory that follows its file. */
export interface DirectorySource {
  current(): Directory;
  close(): void;
}

/** Where the identities of the development story are. */
const DEVELOPMENT = fileURLToPath(new URL('../../../deploy/development/directory.yaml', import.meta.url));

export interface OpenedDirectory extends DirectorySource {
  /** True when it holds the development identities, which anyone who can read this repository can be. */
  development: boolean;
}

interface Log {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The directory at `path`, or the development identities when none is configured. */
export function openDirectory(path: string | undefined, log: Log): OpenedDirectory {
  const development = path === undefined;
  const source = watchDirectory(path ?? DEVELOPMENT, (fault) =>
    log.error({ code: fault.code }, `${fault.message}; the last good directory keeps serving`),
  );
  const { people, agents } = source.current().size;
  log.info({ path: path ?? DEVELOPMENT, people, agents, development }, 'directory loaded');
  return { ...source, development };
}

/**
 * Loads the file, then looks every two seconds whether it has changed. A change that is not valid is reported and not
 * taken: the last good directory keeps serving. The first load throws Fault `directory-invalid` or `directory-missing`.
 */
export function watchDirectory(path: string, report: (fault: Fault) => void): DirectorySource {
  let stamp = stampOf(path);
  let directory = load(path);
  const timer = setInterval(() => {
    try {
      const now = stampOf(path);
      if (now === stamp) return;
      stamp = now;
      directory = load(path);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      report(error);
    }
  }, 2_000);
  timer.unref();
  return { current: () => directory, close: () => clearInterval(timer) };
}

function load(path: string): Directory {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault(
      'directory-missing',
      `the directory file ${path} cannot be read: set COUNTERSIGN_DIRECTORY to a YAML file`,
      { cause },
    );
  }
  return parseDirectory(text, path);
}

/** What changes when the file does; undefined while there is none. */
function stampOf(path: string): string | undefined {
  const { mtimeMs, size, ino } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return mtimeMs === undefined ? undefined : `${mtimeMs} ${size} ${ino}`;
}
