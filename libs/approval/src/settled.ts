import { refuse, type Refusal } from './refusal.js';
import type { Decision } from './state.js';

/** Why a decision that has left PENDING cannot be changed by this command. */
export function settled(decision: Decision): Refusal {
  const text: Record<Decision['status'], string> = {
    PENDING: 'This request is still waiting for people.',
    ALLOWED: 'This request has been approved already.',
    DENIED: 'This request has been denied already.',
    EXPIRED: 'This request has expired.',
    WITHDRAWN: 'The agent has withdrawn this request.',
    REDEEMED: 'This request was approved and its grant has been used.',
    REVOKED: 'The permission has been revoked.',
  };
  const code =
    decision.status === 'PENDING' ? 'not-pending' : decision.status === 'EXPIRED' ? 'expired' : 'already-decided';
  return refuse(code, text[decision.status]);
}

/** The members that have a value, so that a recorded fact holds no empty ones. */
export function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined | ''> } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ''),
  ) as never;
}
