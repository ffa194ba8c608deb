import { utcTime } from './clock-text.js';
import { groupDigits, inert } from './inert.js';
import { ASKS_WINDOW_S, type Limits } from './restraint.js';

// An agent that floods people has an owner who can stop it. The owner is told, but seldom: a warning that comes with every
// denial would be one more flood.

/** What is remembered of the last time that an owner was told. */
export interface FloodTold {
  /** RFC 3339. */
  told_at: string;
  /** RFC 3339; the first denial of the flood. */
  denied_since: string;
  asks: number;
  /** The person who was told. */
  owner: string;
}

/** What the owner is told. */
export interface Flood {
  agent: string;
  owner: string;
  /** As many requests as were put before people within the window. */
  asks: number;
  window_s: number;
  denied_since: string;
}

/** A flood that the owner must be told of now; undefined when they know already. */
export function floodToTell(
  { id, owner }: { id: string; owner: string },
  before: FloodTold | undefined,
  limits: Pick<Limits, 'asks_per_hour'>,
  at: string,
): Flood | undefined {
  const since = before && (Date.parse(at) - Date.parse(before.told_at)) / 1000;
  // Whoever became the owner meanwhile has not been told.
  if (since !== undefined && since < ASKS_WINDOW_S && before!.owner === owner) return undefined;
  const goesOn = since !== undefined && since < 2 * ASKS_WINDOW_S;
  return {
    agent: id,
    owner,
    asks: limits.asks_per_hour,
    window_s: ASKS_WINDOW_S,
    denied_since: goesOn ? before!.denied_since : at,
  };
}

/** What the owner reads. Nothing in it is the agent's own words but its id. */
export function floodNotice({ agent, asks, denied_since }: Pick<Flood, 'agent' | 'asks' | 'denied_since'>): string {
  return (
    `${inert(agent, 120)} had people asked ${groupDigits(asks)} times within an hour, which is as often as it may. ` +
    `Its requests for approval have been denied since ${utcTime(denied_since)}, and nobody sees them. ` +
    'You answer for it: find out what it is doing, and stop it if need be.'
  );
}
