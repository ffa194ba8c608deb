import type { PeopleFact } from '@countersign/contract';
import { canonicalize } from '@countersign/ledger';
import type { Resource } from '@countersign/scim';
import type { EventDraft, RegistryChange, Write } from '@countersign/store';
import { newId } from '../ids.js';

/** Who told us, as the record names them. */
export const BY = 'scim';

/** What one request changes: standing facts, and what is told of it, in one write. */
export class Change {
  readonly #registry: RegistryChange[] = [];
  readonly #events: EventDraft[] = [];
  /** True when somebody may do less from now on: then it has to be known everywhere before it is answered. */
  takesAway = false;

  constructor(
    readonly at: string,
    readonly traceId?: string,
  ) {}

  put(kind: string, id: string, expected: number, state: object | null): void {
    this.#registry.push({ kind, id, expected, state });
  }

  /** Adds an event to the story of a person or group, which has `told` already, and returns how many it has then. */
  tell(stream: string, told: number, { type, ...data }: PeopleFact): number {
    this.#events.push({
      id: newId('evt', Date.parse(this.at)),
      type,
      at: this.at,
      version: told + 1,
      data: canonicalize(data),
      stream,
      ...(this.traceId ? { traceId: this.traceId } : {}),
    });
    return told + 1;
  }

  get isEmpty(): boolean {
    return this.#registry.length === 0;
  }

  write(): Write {
    return { decisionId: this.#events[0]!.stream!, events: this.#events, registry: this.#registry };
  }
}

/** Names of the attributes whose values differ. */
export function changedNames(before: Resource, after: Resource): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).sort();
}
