/**
 * Works on up to `width` inputs at a time and yields results as they are ready. Reading stops while all places are taken, so
 * a fast sender is slowed down by its own transport.
 */
export async function* pool<I, O>(
  inputs: AsyncIterable<I>,
  width: number,
  work: (input: I) => Promise<O>,
): AsyncGenerator<O> {
  const ready: O[] = [];
  let running = 0;
  let ended = false;
  let failure: { error: unknown } | undefined;
  let wake: () => void = () => undefined;
  let room: () => void = () => undefined;

  const read = async () => {
    for await (const input of inputs) {
      running++;
      void work(input).then(
        (output) => {
          ready.push(output);
          running--;
          wake();
          room();
        },
        (error: unknown) => {
          failure ??= { error };
          running--;
          wake();
          room();
        },
      );
      if (running >= width) await new Promise<void>((resolve) => (room = resolve));
    }
  };
  void read()
    .catch((error: unknown) => {
      failure ??= { error };
    })
    .finally(() => {
      ended = true;
      wake();
    });

  for (;;) {
    while (ready.length > 0) yield ready.shift()!;
    if (failure) throw failure.error;
    if (ended && running === 0) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (ready.length > 0 || failure || (ended && running === 0)) resolve();
    });
  }
}
