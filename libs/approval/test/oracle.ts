import type { Person, QuorumTerms } from '../src/index.js';

// Who may give a permission, said again from the directory and the request alone, in other words than the rules use, and
// found by trying every way. It knows nothing of seating people well: it only knows what a quorum is.

export interface Situation {
  /** The directory as it is now. */
  people: readonly Person[];
  /** Who owns the agent now. */
  owner: string;
  /** All who are named as requester, principal, owner of then, or in the chain of delegation. */
  barred: readonly (string | undefined)[];
  /** Ids and groups that policy excludes. */
  excluded: readonly string[];
  /** Who was there when it was asked; absent when late members may vote, too. */
  there?: ReadonlySet<string> | undefined;
}

const alike = (one: string | undefined, other: string) => one?.toLowerCase() === other.toLowerCase();
const idsOf = ({ id, also = [] }: Person) => [id, ...also];

/** Whether this id is one of a human being who never counts. */
function isBarred(id: string, { owner, barred, excluded }: Situation): boolean {
  return [owner, ...barred, ...excluded].some((one) => alike(one, id));
}

/** The seats a person may sit on: each is somebody's, their own or one that was handed over. */
function seatsOf(person: Person, group: string, situation: Situation): string[] {
  const { excluded, there } = situation;
  if (person.guest || person.disabled || (person.roles && !person.roles.includes('approver'))) return [];
  if (idsOf(person).some((id) => isBarred(id, situation))) return [];
  if (person.groups.some((one) => excluded.includes(one))) return [];
  const given = (person.stands_in ?? []).map((seat) => seat.for);
  if (there && ![...idsOf(person), ...given].some((id) => there.has(id))) return [];
  const handed = (person.stands_in ?? []).filter((seat) => seat.group === group && !isBarred(seat.for, situation));
  return [...(person.groups.includes(group) ? [person.id] : []), ...handed.map((seat) => seat.for)];
}

/** Whether a person may answer for one of these groups. */
export function mayAnswer(person: Person, quorums: readonly QuorumTerms[], situation: Situation): boolean {
  return quorums.flat().some(({ group }) => seatsOf(person, group, situation).length > 0);
}

/** How many human beings these are, whatever accounts they have. */
export function humans(people: readonly Person[]): Person[][] {
  return people.reduce<Person[][]>((groups, person) => {
    const same = groups.filter((group) =>
      group.some((one) => idsOf(one).some((id) => idsOf(person).some((other) => alike(id, other)))),
    );
    return [...groups.filter((group) => !same.includes(group)), [...same.flat(), person]];
  }, []);
}

/** Whether distinct human beings on distinct seats can take every place of one of the quorums. */
export function canFill(quorums: readonly QuorumTerms[], present: readonly Person[], situation: Situation): boolean {
  return quorums.some((quorum) => {
    const places = quorum.flatMap(({ group, count }) => Array<string>(count).fill(group));
    const go = (i: number, left: readonly Person[][], used: readonly string[]): boolean =>
      i === places.length ||
      left.some((human) =>
        human.some((person) =>
          seatsOf(person, places[i]!, situation).some((seat) => {
            const key = `${seat.toLowerCase()} ${places[i]}`;
            const others = left.filter((one) => one !== human);
            return !used.includes(key) && go(i + 1, others, [...used, key]);
          }),
        ),
      );
    return places.length > 0 && go(0, humans(present), []);
  });
}
