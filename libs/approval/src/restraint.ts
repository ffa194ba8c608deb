import { utcTime } from './clock-text.js';
import { addSeconds, isPast } from './deadline.js';
import { groupDigits, inert } from './inert.js';
import type { Denied } from './state.js';
import type { Reason } from './verdict.js';

// What keeps people from being worn down. Nobody approves well what comes too often, so a request that would is denied, and
// not put aside: a queue that nobody reads is silence, and silence must not look like an answer that is on its way.

export interface Limits {
  /** Seconds for which an action that people denied is not put before people again. */
  cool_down_s: number;
  /** Requests of one agent that may wait at a time. */
  pending_per_agent: number;
  /** Requests that may wait for one person at a time. */
  pending_per_approver: number;
  /** Requests of one agent that are put before people within an hour; 0 is no limit. */
  asks_per_hour: number;
}

/** The hour of `asks_per_hour`, in seconds. */
export const ASKS_WINDOW_S = 3600;

/** What there is already, when one more request wants people's attention. */
export interface Standing {
  /** The last time that people denied just this to this agent. */
  denied?: Denied;
  /** Requests of this agent that wait. */
  pending: number;
  /** RFC 3339; when the first of the agent's last `asks_per_hour` requests was put before people, if there are as many. */
  full_since?: string;
}

/** The rule of a denial because its agent has asked people too often. */
export const FLOODING = 'flooding';

/**
 * Why this agent's request is not put before people now; undefined when it may be. What people denied is known by its digest,
 * so changing one character makes another request of it; that is what the limit of asks is for.
 */
export function restraint({ denied, pending, full_since }: Standing, limits: Limits, at: string): Reason | undefined {
  const by = denied?.denied_by;
  if (denied && by) {
    const until = addSeconds(denied.updated_at, limits.cool_down_s);
    if (!isPast(until, at)) {
      const who = `${inert(by.name, 120)} denied just this at ${utcTime(denied.updated_at)}: ${inert(by.reason, 300)}`;
      const text = `${who}. Nobody is asked again before ${utcTime(until)}; do not use another tool to achieve it.`;
      return { rule: 'cool-down', text };
    }
  }
  if (full_since !== undefined) {
    const until = addSeconds(full_since, ASKS_WINDOW_S);
    if (!isPast(until, at)) return { rule: FLOODING, text: floodingText(limits.asks_per_hour, until) };
  }
  if (pending < limits.pending_per_agent) return undefined;
  const text =
    `${groupDigits(pending)} requests of this agent wait for people already, and no more are put before them. ` +
    'Wait for answers, or withdraw what is no longer needed.';
  return { rule: 'too-many-pending', text };
}

function floodingText(asks: number, until: string): string {
  // A minute that has begun is not over: who tries again at the time that is named here must not be early.
  const free = new Date(Math.ceil(Date.parse(until) / 60_000) * 60_000).toISOString();
  return (
    `No more than ${groupDigits(asks)} of one agent's requests are put before people within an hour. Nobody is asked ` +
    `again before ${utcTime(free)}: try again then, do not reword the request, and do not use another tool to achieve it.`
  );
}
