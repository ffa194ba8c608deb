import { escaped } from './pointer.js';
import type { ActionRequest } from './request.js';

// A request taken apart into its members, each under its JSON pointer, so that many requests can be laid side by side.

/** Members of one request that are told apart. What is beyond is compared as one. */
const MOST = 200;
const DEEPEST = 6;
/** What says nothing about what is to be done: an id of this attempt, and the agent's own words. */
const BESIDE = new Set(['request_id', 'justification']);
/** Where members are that are not told apart. */
export const REST = '/…';

/** Every member that is neither an object nor a list, in its order. Policy's name for AuthZEN's properties is "/arguments". */
export function membersOf(request: ActionRequest): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const rest: unknown[] = [];
  const take = (value: unknown, pointer: string, depth: number): void => {
    const within = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    if (within.length > 0 && depth < DEEPEST) {
      for (const [key, member] of within) take(member, `${pointer}/${escaped(key)}`, depth + 1);
    } else if (found.size < MOST) found.set(pointer, value);
    else rest.push(pointer, value);
  };
  for (const [key, value] of Object.entries(request)) if (!BESIDE.has(key)) take(value, `/${key}`, 0);
  if (rest.length > 0) found.set(REST, rest);
  return new Map(
    [...found].map(([pointer, value]) => [pointer.replace(/^\/action\/properties(?=\/|$)/, '/arguments'), value]),
  );
}
