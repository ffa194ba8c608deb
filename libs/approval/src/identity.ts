import type { Person } from './request.js';

// Ids of people are compared in two ways. To find a person, exactly: the directory does that. To keep a person out, loosely,
// as here: an id arrives from a directory, a token and an agent's own words, and "Dana@Acme.example" must not get past a rule
// that names "dana@acme.example". Folding can only exclude one person more, never seat one more.

/** What folding leaves as it is, as nearly all ids are: visible ASCII without capitals. */
const FOLDED = /^[!-@[-~]*$/;

/** What all spellings of one id have in common: compatibility forms, case, and characters that are not seen. */
export function identityKey(id: string): string {
  if (FOLDED.test(id)) return id;
  return (
    id
      .normalize('NFKC')
      .replace(/[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cc}]/gu, '')
      // Up and down again, so that letters with several lower-case forms (ß and ss, ſ and s) meet.
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKC')
  );
}

/** Whether two ids may be one person's. */
export function sameIdentity(one: string, other: string): boolean {
  return one === other || identityKey(one) === identityKey(other);
}

/** Every id of a person: their own and those of their other accounts. */
export function idsOf({ id, also = [] }: Pick<Person, 'id' | 'also'>): string[] {
  return [id, ...also];
}

/** Whether an id may be one of this person's. */
export function isIdOf(person: Pick<Person, 'id' | 'also'>, id: string): boolean {
  return idsOf(person).some((own) => sameIdentity(own, id));
}

/** Whether the person had this id then. What was done before under an id that is theirs now was done by somebody else. */
export function hadIdAt({ since }: Pick<Person, 'since'>, at: string): boolean {
  return since === undefined || !(Date.parse(at) < Date.parse(since));
}
