import {
  ASKS_WINDOW_S,
  floodNotice,
  floodToTell,
  type Agent,
  type FloodTold,
  type Limits,
} from '@countersign/approval';
import type { AgentFlooding } from '@countersign/contract';
import type { Directory } from '@countersign/directory';
import { canonicalize } from '@countersign/ledger';
import type { Registry, Write } from '@countersign/store';
import { newId } from './ids.js';

/** Standing facts of this kind remember, by agent, when its owner was told. */
const KIND = 'flood';
/** Accounts of one person that the record has room for. */
const MOST_ACCOUNTS = 4;

export interface FloodsParts {
  registry: Registry;
  directory: () => Directory;
  limits: Pick<Limits, 'asks_per_hour'>;
}

/** Who was told of which agent's flood. Kept where all processes see it, so that all of them together tell once. */
export class Floods {
  constructor(readonly parts: FloodsParts) {}

  /** What is to be written together with the denial, so that the owner is told; undefined when the owner knows. */
  telling(agent: Agent, at: string, traceId?: string): Required<Pick<Write, 'events' | 'registry'>> | undefined {
    const { registry, directory, limits } = this.parts;
    const known = registry.get<FloodTold>(KIND, agent.id);
    const flood = floodToTell(agent, known?.state, limits, at);
    if (!flood) return undefined;
    const data: Omit<AgentFlooding, 'type'> = {
      ...flood,
      ...(agent.owner_name ? { owner_name: agent.owner_name } : {}),
      accounts: (directory().person(agent.owner)?.accounts ?? []).slice(0, MOST_ACCOUNTS),
    };
    const ms = Date.parse(at);
    const event = {
      id: newId('evt', ms),
      type: 'agent.flooding' satisfies AgentFlooding['type'],
      at,
      version: 1,
      data: canonicalize(data),
      stream: newId('agt', ms),
      ...(traceId ? { traceId } : {}),
    };
    const state: FloodTold = { told_at: at, denied_since: flood.denied_since, asks: flood.asks, owner: agent.owner };
    return { events: [event], registry: [{ kind: KIND, id: agent.id, expected: known?.version ?? 0, state }] };
  }

  /** Somebody else may have told meanwhile: this process must know before it looks again. */
  async lookAgain(): Promise<void> {
    await this.parts.registry.refresh();
  }

  /** What a person who owns agents should know of them now, as sentences. */
  noticesFor(owner: string, nowMs: number): string[] {
    return this.parts.registry
      .all<FloodTold>(KIND)
      .filter(({ state }) => state.owner === owner && nowMs - Date.parse(state.told_at) < ASKS_WINDOW_S * 1000)
      .map(({ id, state }) => floodNotice({ agent: id, ...state }));
  }
}
