import { PassThrough, Readable } from 'node:stream';
import { run } from '../src/run.js';

/** One command as a shell would run it, with what it printed. `tty` is a person in front of it who types `input`. */
export async function countersign(
  args: string[],
  options: { env?: Record<string, string>; tty?: boolean; input?: string | AsyncIterable<string>; now?: Date } = {},
) {
  const tty = options.tty ?? false;
  const stdout = Object.assign(new PassThrough(), { isTTY: tty });
  const stderr = Object.assign(new PassThrough(), { isTTY: tty });
  const text = { stdout: '', stderr: '' };
  stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const input = options.input ?? '';
  const stdin = Object.assign(Readable.from(typeof input === 'string' ? [input] : input), { isTTY: tty });
  const now = () => options.now ?? new Date();
  const code = await run(args, {
    stdin,
    stdout,
    stderr,
    env: options.env ?? {},
    now,
    signal: new AbortController().signal,
  });
  // PassThrough delivers on the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...text };
}
