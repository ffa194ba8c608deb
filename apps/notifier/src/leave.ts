import type { Card, SessionChoice } from '@countersign/approval';

// Leave for more of the same in a session, as a person types it. The numbers are left empty for them: leave is meant, and never
// given by the way. What policy lets is checked again where votes are counted.

export const COUNT_INPUT = 'count';
export const MINUTES_INPUT = 'minutes';
/** What each number is, where it is typed. */
export const LABELS: Record<keyof Bounds, string> = { count: 'How many more', minutes: 'For how many minutes' };

/** Never a plain approval instead: that is not what was meant. */
export const NO_LEAVE = 'Nothing can be approved for the session here any more. Nothing was recorded.';

/** What comes of it, and when it does not. */
export function leaveText({ effect = '' }: Pick<Card, 'effect'>): string {
  return `${effect} It is given only if everybody who approves gives it.`.trimStart();
}

export interface Bounds {
  count: number;
  minutes: number;
}

/** The most that policy lets. */
export function boundsOf({ count, expires_in_s }: NonNullable<Card['session']>): Bounds {
  return { count, minutes: Math.max(1, Math.floor(expires_in_s / 60)) };
}

export type Typed = Partial<Record<keyof Bounds, unknown>>;

/** What was typed, or what is wrong with it, by field. */
export function readLeave(
  terms: NonNullable<Card['session']>,
  typed: Typed,
): { leave: SessionChoice } | { problems: Partial<Record<keyof Bounds, string>> } {
  const bounds = boundsOf(terms);
  const [count, minutes] = [wholeNumber(typed.count, bounds.count), wholeNumber(typed.minutes, bounds.minutes)];
  if (count !== undefined && minutes !== undefined)
    // A minute is more than policy may let.
    return { leave: { count, expires_in_s: Math.min(minutes * 60, terms.expires_in_s) } };
  return {
    problems: {
      ...(count === undefined ? { count: problem(bounds.count) } : {}),
      ...(minutes === undefined ? { minutes: problem(bounds.minutes) } : {}),
    },
  };
}

function wholeNumber(value: unknown, most: number): number | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= most ? number : undefined;
}

function problem(most: number): string {
  return most === 1 ? 'Policy lets 1 and no more.' : `A whole number from 1 to ${most}: policy lets no more.`;
}
