import type { Beside, Place } from '@countersign/approval';
import type { GetBesideResponse } from '@countersign/contract';

/** Where it is known what stands beside a request, as everybody in a conversation may read it. */
export interface BesideReader {
  beside(id: string, place: Place): Promise<Beside>;
}

/** What the card takes of the answer. */
export function fromBeside({ justBefore, similar }: Pick<GetBesideResponse, 'justBefore' | 'similar'>): Beside {
  return { just_before: justBefore, similar };
}
