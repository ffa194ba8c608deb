import { readFile } from 'node:fs/promises';
import { Fault } from '@countersign/contract';

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
}

/** One GET, 5 s at most. A redirect is refused: keys and checkpoints come from where they were asked for. */
export async function get(url: string): Promise<Answer> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5000) });
    return { status: response.status, text: await response.text(), headers: response.headers };
  } catch (cause) {
    throw new Fault('unreachable', `${url} does not answer: is Countersign running there? (--http says where)`, {
      cause,
    });
  }
}

/** A text from a URL or a file. */
export async function fetchText(source: string): Promise<string> {
  if (!/^https?:\/\//.test(source)) {
    return readFile(source, 'utf8').catch((cause: unknown) => {
      throw new Fault('unreadable', `the file ${source} cannot be read`, { cause });
    });
  }
  const { status, text } = await get(source);
  if (status !== 200) throw new Fault('unexpected-answer', `${source} answered ${status}, not 200`);
  return text;
}

/** Throws Fault `unexpected-answer` for anything but a JSON object. */
export function parseJsonObject(text: string, source: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, the same for both.
  }
  throw new Fault('unexpected-answer', `${source} is not a JSON object`);
}
