import { environment } from './config.js';
import { run } from './run.js';

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
  // A second Ctrl-C, or a verb that waits on nothing it can stop, must still end the program.
  setTimeout(() => process.exit(130), 500).unref();
});
// `countersign … | head` closes the pipe early; that is the reader's right and no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { stdin, stdout, stderr } = process;
process.exitCode = await run(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env: environment(),
  now: () => new Date(),
  signal: stop.signal,
});
