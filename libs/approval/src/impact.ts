import { groupNumber, inert } from './inert.js';
import type { Decision } from './state.js';
import type { FlowFact } from './verdict.js';

// What the action would do beyond its own words: what policy says it is, and what policy was told of earlier actions. The
// agent has no part in any of it.

const DOES: Record<FlowFact, string> = {
  irreversible: 'cannot be undone',
  sensitive_read: 'reads sensitive data',
  untrusted_read: 'reads what outsiders wrote',
  way_out: 'can carry data out',
};

/** What flowed in the session before, as far as it lasts. */
const AFTER: Partial<Record<string, string>> = {
  sensitive_read: 'this session has read sensitive data',
  untrusted_read: 'this session has read what outsiders wrote',
};

const MOST = 6;

/** Phrases, the most telling first. Empty when policy says nothing of the kind. */
export function impactOf(decision: Decision): string[] {
  const { flow = [], history = {}, risk, reasons } = decision;
  const said = new Set(reasons.map(({ rule }) => rule));
  const others = risk.factors.filter((factor) => !said.has(factor)).map((factor) => inert(factor, 80));
  const before = flowed(history['flow']);
  return [
    ...(['irreversible', 'way_out', 'sensitive_read', 'untrusted_read'] as const)
      .filter((fact) => flow.includes(fact))
      .map((fact) => DOES[fact]),
    ...Object.keys(AFTER).flatMap((fact) => (before.has(fact) ? [AFTER[fact]!] : [])),
    ...countsOf(history['counters']),
    ...(others.length > 0 ? [`risk also raised by ${others.slice(0, 3).join(', ')}`] : []),
  ].slice(0, MOST);
}

function flowed(flow: unknown): Set<string> {
  return new Set(isObject(flow) ? Object.keys(flow) : []);
}

/** "refunds: 12 by this agent in 24 hours, 4,500 in all". */
function countsOf(counters: unknown): string[] {
  if (!isObject(counters)) return [];
  return Object.entries(counters).flatMap(([name, scopes]) => {
    const day = member(member(scopes, 'subject'), '24h');
    const [count, sum] = [member(day, 'count'), member(day, 'sum')];
    if (typeof count !== 'number' || count === 0) return [];
    const total = typeof sum === 'number' && sum !== count && sum !== 0 ? `, ${groupNumber(sum)} in all` : '';
    return [`${inert(name, 60)}: ${groupNumber(count)} by this agent in 24 hours${total}`];
  });
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
