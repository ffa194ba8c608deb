import { readFileSync, statSync } from 'node:fs';
import { Fault } from '@countersign/contract';
import type { Directory } from './directory.js';
import { parseDirectory } from './file.js';

/** A directory that follows its file. */
export interface DirectorySource {
  current(): Directory;
  close(): void;
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
      `the directory file ${path} can not be read: set COUNTERSIGN_DIRECTORY to a YAML file`,
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
