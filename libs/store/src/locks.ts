/**
 * Every advisory lock there is. Advisory locks are numbers that all of a database shares, so two uses of one number would
 * wait for each other for ever: they are given out here and nowhere else.
 */
export const LOCKS = {
  /** Held while a schema is brought up to date. */
  migration: 7_480_001,
  /** Held, for a session, by the one relay of a database. */
  relay: 7_480_002,
  /** Held, for a transaction, while leaf indices are given out. */
  sequencer: 7_480_003,
  /** With a hash of the subject as second number: held, for a transaction, while its request is put before people. */
  asks: 7_480_004,
} as const;
