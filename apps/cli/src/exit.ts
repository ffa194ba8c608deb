/** What a script may rely on. */
export const EXIT = {
  /** Done, or the action may run. */
  ok: 0,
  /** Something broke, or a check found a difference. */
  fault: 1,
  /** The call itself is wrong: fix the arguments. */
  usage: 2,
  /** The answer is no. */
  denied: 3,
  /** People have been asked and have not answered. */
  pending: 4,
} as const;

export const EXIT_MEANINGS: Record<number, string> = {
  0: 'done, or the action may run',
  1: 'something broke, or a check found a difference',
  2: 'the command line or the input is wrong',
  3: 'denied or refused: the action must not run',
  4: 'pending: people have not answered yet',
};

/** The caller has to change the command line. The message says what to change. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
