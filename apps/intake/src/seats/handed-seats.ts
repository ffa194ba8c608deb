import { seatHanded, type Delegation, type HandedSeat, type Person } from '@countersign/approval';
import type { DirectoryFile, Overlay } from '@countersign/directory';
import type { Registry, RegistryFact } from '@countersign/store';

/** The kind under which seats that are handed over are kept. One fact for each seat, so that none is handed over twice. */
export const DELEGATION = 'delegation';
const KINDS = [DELEGATION];

/** A hand-over as it is kept. */
export interface KeptDelegation extends Delegation {
  /** "dlg_" and 26 characters: its stream in the record. */
  id: string;
}

export type DelegationFact = RegistryFact<KeptDelegation>;

/** Seats that are handed over, laid over the directory: it is the last, so that it sees people as all the others left them. */
export class HandedSeats implements Overlay {
  constructor(readonly registry: Pick<Registry, 'all' | 'seqOf'>) {}

  revision(): number {
    return this.registry.seqOf(KINDS);
  }

  apply(data: DirectoryFile, at: Date): { data: DirectoryFile; until?: Date } {
    const facts = this.all();
    if (facts.length === 0) return { data };
    const people = new Map<string, Person>(data.people.map((person) => [person.id, person]));
    const now = at.toISOString();
    const held = new Map<string, HandedSeat[]>();
    for (const { state } of facts) {
      const seat = seatHanded(state, (id) => people.get(id), now);
      if (seat) held.set(state.to, [...(held.get(state.to) ?? []), seat]);
    }
    const turns = facts.flatMap(({ state }) => [Date.parse(state.since), Date.parse(state.until)]);
    const next = turns.filter((turn) => turn > at.getTime());
    const changed = data.people.map((person) => {
      const stands_in = held.get(person.id);
      return stands_in ? { ...person, stands_in } : person;
    });
    return { data: { ...data, people: changed }, ...(next.length > 0 ? { until: new Date(Math.min(...next)) } : {}) };
  }

  all(): DelegationFact[] {
    return this.registry.all<KeptDelegation>(DELEGATION);
  }

  /** Those that are not over, the oldest first. */
  current(at: Date): DelegationFact[] {
    return this.all()
      .filter(({ state }) => Date.parse(state.until) > at.getTime())
      .sort((one, other) => (one.state.id < other.state.id ? -1 : 1));
  }
}
