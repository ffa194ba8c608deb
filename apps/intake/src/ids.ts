import { randomFillSync } from 'node:crypto';

// Ids sort by time: 48 bits of milliseconds, then 80 random bits, as 26 Crockford base32 digits.

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const POOL = Buffer.alloc(4096);
let used = POOL.length;

/** What an id is of: a decision, an event, a grant; or, as a stream of facts about the gate itself, policy, people, stops, agents. */
export type IdPrefix = 'dec' | 'evt' | 'grt' | 'pol' | 'ppl' | 'dlg' | 'stp' | 'agt';

/** The prefix, "_" and 26 digits. */
export function newId(prefix: IdPrefix, nowMs: number): string {
  if (used + 10 > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  let text = timeOf(nowMs);
  for (let i = 0; i < 2; i++, used += 5) {
    const high = POOL.readUInt32BE(used);
    const low = POOL[used + 4]!;
    for (let shift = 27; shift >= 2; shift -= 5) text += DIGITS[(high >>> shift) & 31];
    text += DIGITS[((high & 3) << 3) | (low >>> 5)];
    text += DIGITS[low & 31];
  }
  return `${prefix}_${text}`;
}

/** Behind every decision there is. */
export const LAST_ID = 'dec_~';

/** What every decision of that time and later has behind it. */
export function idBefore(ms: number): string {
  return `dec_${timeOf(Math.max(0, ms))}`;
}

/** When an id was made, in milliseconds. */
export function madeAt(id: string): number {
  return [...id.slice(4, 14)].reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
}

function timeOf(ms: number): string {
  let text = '';
  let time = ms;
  for (let i = 0; i < 10; i++) {
    text = DIGITS[time % 32]! + text;
    time = Math.floor(time / 32);
  }
  return text;
}

const DECISION_ID = /^dec_[0-9a-hjkmnp-tv-z]{26}$/;

export function isDecisionId(id: string): boolean {
  return DECISION_ID.test(id);
}
