import { identityKey } from './identity.js';
import type { SeatTerms } from './verdict.js';

/** Someone who approved, with the groups they may sit for. */
export interface Sitter {
  id: string;
  groups: readonly string[];
}

export interface Quorum {
  /** True when every place is taken by a different person. */
  complete: boolean;
  /** Which seat each person takes; people who are not needed are absent. */
  seated: Map<string, string>;
  /** Places taken, by group. */
  filled: Map<string, number>;
}

/**
 * Seats people so that as many places as possible are taken, each person in one place only. Maximum bipartite matching:
 * somebody who fits two groups never blocks a quorum that could be met, and never counts for both.
 */
export function seat(seats: readonly SeatTerms[], sitters: readonly Sitter[]): Quorum {
  const places = seats.flatMap(({ group, count }) => Array.from({ length: count }, () => group));
  const people = [...new Map(sitters.map((sitter) => [identityKey(sitter.id), sitter])).values()];
  const takenBy: (number | undefined)[] = places.map(() => undefined);

  const place = (person: number, tried: Set<number>): boolean => {
    for (let i = 0; i < places.length; i++) {
      if (tried.has(i) || !people[person]!.groups.includes(places[i]!)) continue;
      tried.add(i);
      const current = takenBy[i];
      if (current === undefined || place(current, tried)) {
        takenBy[i] = person;
        return true;
      }
    }
    return false;
  };
  people.forEach((_, person) => place(person, new Set()));

  const seated = new Map<string, string>();
  const filled = new Map<string, number>(seats.map(({ group }) => [group, 0]));
  takenBy.forEach((person, i) => {
    if (person === undefined) return;
    seated.set(people[person]!.id, places[i]!);
    filled.set(places[i]!, filled.get(places[i]!)! + 1);
  });
  return { complete: places.length > 0 && seated.size === places.length, seated, filled };
}

/** Groups with places left, each once. A group may be named by several seats. */
export function openSeats(seats: readonly SeatTerms[], filled: Quorum['filled']): { group: string; count: number }[] {
  const wanted = new Map<string, number>();
  for (const { group, count } of seats) wanted.set(group, (wanted.get(group) ?? 0) + count);
  return [...wanted].filter(([group, count]) => filled.get(group)! < count).map(([group, count]) => ({ group, count }));
}
