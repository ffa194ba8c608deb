import type { ChatAccount } from '@countersign/approval';

// Facts about an agent as such, that belong to no decision of its own. Each is a stream.

/** An agent has people asked more often than it may, and its owner is told. */
export interface AgentFlooding {
  type: 'agent.flooding';
  agent: string;
  /** The person answerable for it. */
  owner: string;
  owner_name?: string;
  /** How many of its requests were put before people within `window_s`. */
  asks: number;
  window_s: number;
  /** RFC 3339, UTC: the first request that was denied for it. */
  denied_since: string;
  /** The owner's accounts in chat systems, where they are told. */
  accounts: ChatAccount[];
}

export type AgentFact = AgentFlooding;
export type AgentFactType = AgentFact['type'];
