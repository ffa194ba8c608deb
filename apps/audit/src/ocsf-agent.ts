import type { AgentFact, AgentFactType, Envelope } from '@countersign/contract';
import { base, severity, status } from './ocsf-parts.js';
import type { OcsfEvent, Position } from './ocsf-parts.js';

// What is wrong with an agent as such, as a Detection Finding (2004) that is an alert: somebody should look at it.

const CREATE = { id: 1, name: 'Create' };

const TYPES = Object.keys({ 'agent.flooding': true } satisfies Record<AgentFactType, true>);

export function isAgentFact(type: string): boolean {
  return TYPES.includes(type);
}

/** The OCSF events for a fact about an agent. Throws a TypeError when members are missing. */
export function agentToOcsf(event: Envelope, at: Position): OcsfEvent[] {
  const { agent, owner, asks, window_s, denied_since } = { type: event.type, ...event.data } as AgentFact;
  const desc = `${agent} had people asked ${asks} times within ${window_s} s; its requests are denied since ${denied_since}`;
  return [
    {
      ...base(event, at, 2004, CREATE, ['security_control']),
      ...severity(3),
      ...status(1, desc),
      status_id: 1,
      status: 'New',
      is_alert: true,
      finding_info: { uid: event.id, title: 'An agent floods people with requests', desc },
      evidences: [{ data: { agent, owner, asks, window_s, denied_since } }],
    },
  ];
}
