import { identityKey } from './identity.js';
import type { ApprovalTerms, QuorumTerms, SeatTerms } from './verdict.js';

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

/** What of the terms says which quorums there are. */
export type QuorumChoice = Pick<ApprovalTerms, 'seats' | 'alternatives'>;

/** Every quorum that would do. */
export function quorumsOf({ seats, alternatives = [] }: QuorumChoice): QuorumTerms[] {
  return [seats, ...alternatives];
}

/** Every group that is asked, each once. */
export function groupsOf(choice: QuorumChoice): string[] {
  return [...new Set(quorumsOf(choice).flatMap((seats) => seats.map(({ group }) => group)))];
}

/** Every group that is asked, now or when nobody answers. */
export function groupsAsked(terms: QuorumChoice & Pick<ApprovalTerms, 'escalate'>): string[] {
  const later = (terms.escalate ?? []).map(({ seats }) => seats);
  return groupsOf({ seats: terms.seats, alternatives: [...(terms.alternatives ?? []), ...later] });
}

/** The quorum that people have come closest to: a complete one if there is one, else the one with the fewest places left. */
export function seatBest(choice: QuorumChoice, sitters: readonly Sitter[]): Quorum & { seats: QuorumTerms } {
  const [first, ...others] = quorumsOf(choice).map((seats) => ({ seats, ...seat(seats, sitters) }));
  return others.reduce((best, other) => (left(other) < left(best) ? other : best), first!);
}

/** Places left. A quorum without places is never complete. */
function left({ seats, seated, complete }: Quorum & { seats: QuorumTerms }): number {
  const places = seats.reduce((sum, { count }) => sum + count, 0);
  return complete ? 0 : Math.max(1, places - seated.size);
}

/** Groups with places left, each once. A group may be named by several seats. */
export function openSeats(seats: readonly SeatTerms[], filled: Quorum['filled']): { group: string; count: number }[] {
  const wanted = new Map<string, number>();
  for (const { group, count } of seats) wanted.set(group, (wanted.get(group) ?? 0) + count);
  return [...wanted].filter(([group, count]) => filled.get(group)! < count).map(([group, count]) => ({ group, count }));
}
