/**
 * What `look` finds, looked for until it is there: what is tested happens in another process, or in another turn of this one.
 * The time is only there to fail.
 */
export async function until<T>(what: string, look: () => T | Promise<T>, withinMs = 20_000): Promise<NonNullable<T>> {
  for (const end = Date.now() + withinMs; ;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
