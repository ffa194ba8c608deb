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
}

/** What there is already, when one more request wants people's attention. */
export interface Standing {
  /** The last time that people denied just this to this agent. */
  denied?: Denied;
  /** Requests of this agent that wait. */
  pending: number;
}

/** Why this agent's request is not put before people now; undefined when it may be. */
export function restraint({ denied, pending }: Standing, limits: Limits, at: string): Reason | undefined {
  const by = denied?.denied_by;
  if (denied && by) {
    const until = new Date(Date.parse(denied.updated_at) + limits.cool_down_s * 1000).toISOString();
    if (Date.parse(at) < Date.parse(until)) {
      const who = `${inert(by.name, 120)} denied just this at ${clock(denied.updated_at)}: ${inert(by.reason, 300)}`;
      const text = `${who}. Nobody is asked again before ${clock(until)}; do not use another tool to achieve it.`;
      return { rule: 'cool-down', text };
    }
  }
  if (pending < limits.pending_per_agent) return undefined;
  const text =
    `${groupDigits(pending)} requests of this agent wait for people already, and no more are put before them. ` +
    'Wait for answers, or withdraw what is no longer needed.';
  return { rule: 'too-many-pending', text };
}

function clock(at: string): string {
  return `${at.slice(11, 16)} UTC`;
}
