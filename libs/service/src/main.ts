import { Fault } from '@countersign/contract';

/**
 * Runs a process until a signal: starts it, and on SIGINT or SIGTERM stops it once, within ten seconds. A fault at start is
 * one clear line and exit code 1, not a stack.
 */
export async function runMain(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  let running: { stop(): Promise<void> } | undefined;
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), 10_000).unref();
    void (running?.stop() ?? Promise.resolve()).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${signal}: stopping went wrong: ${(error as Error).message}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    running = await start();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    process.stderr.write(`\ncountersign cannot start: ${error.message}\n`);
    process.exit(1);
  }
}
